import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.replay.sequences import SequenceConfig, Sequences
from agents.replay.storage import Storage
from agents.rollout import Rollout
from common.settings import InvalidSetting
from tests.agents.replay.plays import ENDS, cut, play

LENGTHS = SequenceConfig(length=3, burn_in=2, stride=2)


class _Observations:
    """Hands out ids as a storage does, and keeps everything."""

    def __init__(self):
        self.seen: list[int] = []

    def observe(self, observations: np.ndarray, before=None) -> np.ndarray:
        first = len(self.seen)
        self.seen += observations.tolist()
        return np.arange(first, len(self.seen))


def _sequences(config: SequenceConfig, *rollouts: Rollout) -> dict[str, list]:
    """The sequences of rollouts, with γ = 1/2, observations instead of ids."""
    accumulator, observations = Sequences(config, 0.5), _Observations()
    added = [accumulator.add(rollout, observations.observe) for rollout in rollouts]
    seen = np.array(observations.seen)
    columns = {name: np.concatenate([each[name] for each in added]) for name in added[0]}
    columns |= {name: seen[columns[name]] for name in ("s_tm1", "s_t")}
    return {name: column.tolist() for name, column in columns.items()}


def test_sequences_of_an_episode_by_hand():
    found = _sequences(LENGTHS, play("......T"))
    # Learned from: steps 0 to 2, 2 to 4, 4 to 6. The first has no burn-in: it is the beginning.
    assert found["s_tm1"] == [[0, 0, 0, 1, 2], [0, 1, 2, 3, 4], [2, 3, 4, 5, 6]]
    assert found["s_t"] == [3, 5, 7]
    assert found["a_tm1"] == [[0, 0, 0, 1, 2], [0, 1, 2, 3, 4], [2, 3, 4, 5, 6]]
    assert found["r_t"] == [[0, 0, 1, 2, 3], [1, 2, 3, 4, 5], [3, 4, 5, 6, 7]]
    assert found["discount_t"] == [[0, 0, 0.5, 0.5, 0.5], [0.5] * 5, [0.5, 0.5, 0.5, 0.5, 0]]
    assert found["played"] == [[False, False, True, True, True], [True] * 5, [True] * 5]
    # What the actor handed over at the first step that is no padding: a recurrent state.
    assert found["logits"] == [[0, 0], [0, 0], [200, -2]]


def test_a_sequence_that_reaches_the_end_is_the_last():
    assert _sequences(LENGTHS, play("....T"))["s_t"] == [3, 5]
    assert _sequences(LENGTHS, play("..T"))["s_t"] == [3]


@pytest.mark.parametrize(("end", "discount"), [("T", 0.0), ("U", 0.5)])
def test_the_end_is_padded_with_the_true_successor(end, discount):
    found = _sequences(LENGTHS, play(f"...{end}..."))
    # The next episode begins with observation 5; its first sequence is complete, too.
    assert found["s_tm1"] == [[0, 0, 0, 1, 2], [0, 1, 2, 3, 4], [5, 5, 5, 6, 7]]
    assert found["s_t"] == [3, 4, 8]
    assert found["played"][1] == [True, True, True, True, False]
    assert found["discount_t"][1] == [0.5, 0.5, 0.5, discount, 0]
    assert found["r_t"][1] == [1, 2, 3, 4, 0]
    # Of successors 1 to 4, and of the padding.
    legal = [[True, False], [False, True], [True, False], [False, False], [True, True]]
    assert found["mask_t"][1] == legal


def test_a_dropped_step_cuts_before_it():
    found = _sequences(LENGTHS, play("...xx..T", "x......."))
    assert found["s_tm1"] == [
        [0, 0, 0, 1, 2],  # whole before the step was dropped: nothing is left of the episode
        [7, 7, 7, 8, 9],
        [1002, 1002, 1002, 1003, 1004],
        [1002, 1003, 1004, 1005, 1006],
        [1004, 1005, 1006, 1007, 1008],
    ]
    assert found["s_t"] == [3, 10, 1005, 1007, 1009]
    assert found["discount_t"][:2] == [[0, 0, 0.5, 0.5, 0.5], [0, 0, 0.5, 0.5, 0]]
    # One step of four is left: it is learned from, bootstrapped from what was seen last.
    found = _sequences(LENGTHS, play("....x"))
    assert found["s_tm1"] == [[0, 0, 0, 1, 2], [0, 1, 2, 3, 4]]
    assert found["played"][1] == [True, True, True, True, False]
    assert found["discount_t"][1] == [0.5, 0.5, 0.5, 0.5, 0]


def test_sequences_without_a_burn_in_side_by_side():
    found = _sequences(SequenceConfig(length=2, burn_in=0, stride=2), play("....T"))
    assert found["s_tm1"] == [[0, 1], [2, 3], [4, 5]]
    assert found["s_t"] == [2, 4, 5]


def test_types_also_of_none():
    accumulator, observe = Sequences(LENGTHS, 0.5), _Observations().observe
    none, some = (accumulator.add(part, observe) for part in cut(play("....", "...."), [0, 2, 4]))
    for columns, count in ((none, 0), (some, 2)):
        assert {name: (str(c.dtype), c.shape) for name, c in columns.items()} == {
            "s_tm1": ("int64", (count, 5)),
            "a_tm1": ("int32", (count, 5)),
            "r_t": ("float32", (count, 5)),
            "discount_t": ("float32", (count, 5)),
            "s_t": ("int64", (count,)),
            "played": ("bool", (count, 5)),
            "mask_t": ("bool", (count, 5, 2)),
            "logits": ("int64", (count, 2)),
        }


@st.composite
def _played(draw) -> tuple[Rollout, list[int]]:
    length = draw(st.integers(1, 30))
    script = st.text(alphabet="." * 4 + ENDS, min_size=length, max_size=length)
    scripts = draw(st.lists(script, min_size=1, max_size=3))
    inner = draw(st.sets(st.integers(1, length), max_size=5))
    return play(*scripts), sorted({0, *inner, length})


CONFIGS = st.tuples(st.integers(1, 5), st.integers(0, 4), st.integers(1, 5)).filter(
    lambda numbers: numbers[2] <= numbers[0]
)


@given(_played(), CONFIGS)
def test_how_rollouts_are_cut_changes_no_sequence(played, numbers):
    rollout, bounds = played
    config = SequenceConfig(**dict(zip(("length", "burn_in", "stride"), numbers, strict=True)))
    whole, parts = _sequences(config, rollout), _sequences(config, *cut(rollout, bounds))
    rows = [
        sorted(map(repr, zip(*each.values(), strict=True)))  # by no particular order
        for each in (whole, parts)
    ]
    assert rows[0] == rows[1]


@given(_played(), CONFIGS)
def test_every_step_of_an_episode_that_ended_is_learned_from(played, numbers):
    rollout, bounds = played
    config = SequenceConfig(**dict(zip(("length", "burn_in", "stride"), numbers, strict=True)))
    found = _sequences(config, *cut(rollout, bounds))
    learned = {
        number
        for observations, real in zip(found["s_tm1"], found["played"], strict=True)
        for number in np.array(observations)[config.burn_in :][np.array(real)[config.burn_in :]]
    }
    kept = ~rollout.dropped_t  # [T, B]
    over_t = rollout.terminated_t | rollout.truncated_t | rollout.dropped_t
    later_end = np.cumsum(over_t[::-1], axis=0)[::-1] > 0  # [T, B] in an episode that ended
    needed = set(rollout.s_tm1[kept & later_end].tolist())
    assert needed <= learned <= set(rollout.s_tm1[kept].tolist())


@given(_played(), CONFIGS)
def test_a_state_goes_on_with_the_same_sequences(played, numbers):
    rollout, bounds = played
    config = SequenceConfig(**dict(zip(("length", "burn_in", "stride"), numbers, strict=True)))
    accumulator, observations = Sequences(config, 0.5), _Observations()
    for part in cut(rollout, bounds):
        restored, same = Sequences(config, 0.5), _Observations()
        restored.set_state(accumulator.get_state())
        same.seen = list(observations.seen)
        assert restored.oldest == accumulator.oldest
        first, second = (
            accumulator.add(part, observations.observe),
            restored.add(part, same.observe),
        )
        assert {n: c.tolist() for n, c in first.items()} == {
            n: c.tolist() for n, c in second.items()
        }
    assert len(set(observations.seen)) == len(observations.seen)  # each is stored once


@given(_played(), CONFIGS)
def test_a_small_storage_keeps_what_sequences_have(played, numbers):
    """Three sequences and what is still open: nothing else is kept, and nothing is lost."""
    rollout, bounds = played
    config = SequenceConfig(**dict(zip(("length", "burn_in", "stride"), numbers, strict=True)))
    expected = _sequences(config, *cut(rollout, bounds))
    accumulator, storage = Sequences(config, 0.5), Storage(3)
    for part in cut(rollout, bounds):
        columns = accumulator.add(part, storage.observe)
        storage.append(columns, pending=accumulator.oldest)
    if not len(storage):
        return
    newest = np.arange(storage.added - len(storage), storage.added) % 3
    found = storage.gather(newest[None])
    for name in ("s_tm1", "s_t", "a_tm1"):
        assert found[name][0].tolist() == expected[name][-len(newest) :]


@pytest.mark.parametrize(
    ("numbers", "flag"),
    [((0, 1, 1), "length"), ((4, -1, 1), "burn-in"), ((4, 0, 5), "stride"), ((4, 0, 0), "stride")],
)
def test_settings_that_are_none_are_named(numbers, flag):
    with pytest.raises(InvalidSetting, match=f"--agent.sequence.{flag}"):
        SequenceConfig(**dict(zip(("length", "burn_in", "stride"), numbers, strict=True)))
