"""A run's score beside those of others, as `result.json` has it under `claim`."""

from collections.abc import Mapping
from dataclasses import dataclass

from launch.experiments.experiment import Claim


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A run's score beside those of others; None stands for a score that is not known.

    Attributes:
        metric: Which metric all of them are of.
        book: The book's score.
        book_note: Where the book has it, and what it is really of.
        baseline: The score of the trivial solution: random actions, or the trivial predictor.
        optimum: The best possible score.
        ours: The run's score; in reinforcement learning that of the policy that was kept.
        final: Reinforcement learning: the score of the last weights.
        comparable: Whether the book's score is a sound measurement of the same thing.
        controls: Supervised: the scores of simple predictors on the same test rows, by name. None
            where they were not written down.
        test_rows: Supervised: how many test rows the scores are of.
        sampling_error: Supervised: the standard error of `ours` that comes from these rows alone;
            None for a share of rows, whose error is binomial, and where it was not measured.
    """

    metric: str
    book: float | None
    book_note: str | None
    baseline: float | None
    optimum: float | None
    ours: float | None
    final: float | None = None
    comparable: bool
    controls: dict[str, float] | None = None
    test_rows: int | None = None
    sampling_error: float | None = None

    @classmethod
    def of(
        cls,
        claim: Claim,
        *,
        metric: str,
        baseline: float | None,
        optimum: float | None,
        ours: float | None,
        final: float | None = None,
        same_thing: bool = True,
    ) -> "Comparison":
        """A run's score beside what its experiment claims.

        Args:
            claim: The experiment's claim.
            metric: Which metric the scores are of.
            baseline: The score of the trivial solution.
            optimum: The best possible score, where the run knows it better than the claim does.
            ours: The run's score.
            final: The score of the last weights.
            same_thing: Whether the run measured what the book did, such as on real data.
        """
        return cls(
            metric=metric,
            book=claim.book,
            book_note=claim.note,
            baseline=baseline,
            optimum=claim.optimum if optimum is None else optimum,
            ours=ours,
            final=final,
            comparable=claim.comparable and same_thing,
        )

    def in_words(self, words: Mapping[str, str]) -> str:
        """The scores that are known, such as "0.98, baseline 0.11".

        Args:
            words: What stands before each score, by its field's name.
        """
        scores = {word: getattr(self, name) for name, word in words.items()}
        return ", ".join(f"{w} {s:.4g}".lstrip() for w, s in scores.items() if s is not None)
