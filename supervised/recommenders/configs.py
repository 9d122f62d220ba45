"""Settings of the chapter's recommenders. Imports no TensorFlow."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from common.settings import require, require_at_least, require_fractions, require_shares
from supervised.core.job import JobConfig
from supervised.core.settings import FitConfig, OptimizerConfig

Set = Literal["ml-1m", "ml-100k"]


@dataclass(frozen=True, kw_only=True)
class EdaConfig(JobConfig):
    """Tables and pictures of a set of ratings."""

    module: ClassVar[str] = "supervised.recommenders.exploration"
    reads_chosen: ClassVar[str] = "ratings"

    ratings: Set = "ml-1m"
    """MovieLens of a million ratings, or of a hundred thousand."""
    fewest: int = 150
    """Only films with more ratings than this can be among the best; the book's number."""

    def __post_init__(self) -> None:
        require_at_least(self, 0, "fewest")


@dataclass(frozen=True, kw_only=True)
class FactorsConfig(JobConfig):
    """A matrix factorization: products of people's and films' factors predict ratings."""

    factors: int = 64
    """Number of factors of each person and film; the book has 15."""
    l2: float = 0.08
    """Weight in the loss of the squared factors of a rating's person and film, as a mean over
    ratings; the book's is 0.05, with sums."""
    bias_l2: float = 0.02
    """Weight in the loss of the squared biases of a rating's person and film, as a mean over
    ratings; the book has no such term."""
    optimizer: OptimizerConfig = OptimizerConfig(
        name="lazy_adam", learning_rate=3e-3, schedule="cosine"
    )
    """Adam along a cosine, in place of the book's FTRL at 0.001."""
    fit: FitConfig = FitConfig(epochs=20, batch_size=1_000, keep="best")
    """The book has 50 epochs of batches of 100."""

    @property
    def drawn(self) -> int:
        """Films that are drawn as not chosen for each one that was; 0 where ratings are given."""
        return 0

    def __post_init__(self) -> None:
        require_at_least(self, 1, "factors")
        require_at_least(self, 0, "l2", "bias_l2")


@dataclass(frozen=True, kw_only=True)
class FactorizationConfig(FactorsConfig):
    """A matrix factorization of ratings in memory; its recommended lists are scored, too."""

    module: ClassVar[str] = "supervised.recommenders.factorization"
    reads_chosen: ClassVar[str] = "ratings"

    ratings: Set = "ml-1m"
    """MovieLens of a million ratings, or of a hundred thousand."""
    split: Literal["random", "last"] = "random"
    """Ratings of the test: a random quarter (the book's), or the last rating of each person."""
    validation_fraction: float = 0.05
    """Fraction of the training ratings set aside for validation."""
    k: int = 10
    """Length of the recommended lists that are scored."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least(self, 1, "k")
        require_fractions(self, "validation_fraction", most=1)


@dataclass(frozen=True, kw_only=True)
class StreamedConfig(FactorsConfig):
    """A matrix factorization of any number of ratings, which are read from disk."""

    module: ClassVar[str] = "supervised.recommenders.streamed"
    reads: ClassVar[tuple[str, ...]] = ("ml-20m",)

    fit: FitConfig = FitConfig(epochs=8, batch_size=4_000, keep="best")
    """Larger batches than for a million ratings; an epoch still has many of them."""


@dataclass(frozen=True, kw_only=True)
class ClustersConfig(FactorizationConfig):
    """Clusters of films, by who rated them and by their learned factors."""

    module: ClassVar[str] = "supervised.recommenders.clusters"

    clusters: int = 5
    """Number of clusters that are shown; the book's."""
    most: int = 12
    """Largest number of clusters for elbow and silhouette."""
    starts: int = 4
    """How often each clustering is started; the best result is kept."""
    fewest: int = 20
    """Ratings that a film must have to be clustered."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.factors >= 2, "factors", "must be 2 or more, to be drawn", self.factors)
        require_at_least(self, 2, "clusters")
        fits = self.most >= self.clusters
        require(fits, "most", f"must be {self.clusters} or more, as clusters", self.most)
        require_at_least(self, 1, "starts", "fewest")


Machine = Literal["linear", "fm", "afm", "nfm"]


@dataclass(frozen=True, kw_only=True)
class MachineSettings(JobConfig):
    """What jobs that train factorization machines share."""

    machines: tuple[Machine, ...]
    """Machines that are trained on the same rows with equal factors and batches; the last is kept.
    They are a linear model, a factorization machine, one with attention, and a neural one."""
    factors: int = 64
    """Number of factors of a feature; the book has 7, 16 and 64."""
    order: int = 2
    """Most features that the factorization machine multiplies in one product."""
    hidden: int = 64
    """Units of the neural machine's hidden layer, and of the attention; the book's."""
    dropout: float = 0.3
    """Fraction of the pooled products dropped in training; the book's for its factorization
    machine, 0.2 for the neural one."""
    hidden_dropout: float = 0.5
    """Fraction of the hidden layer's outputs dropped in training; the book's."""
    l2: float = 0.0
    """Weight in the loss of the squared factors of a row, as a mean over rows."""
    optimizer: OptimizerConfig = OptimizerConfig(name="lazy_adam", learning_rate=2e-3)
    """Adam, in place of the book's Adagrad at 0.01."""
    fit: FitConfig = FitConfig(epochs=20, batch_size=512, patience=4, keep="best")
    """The book's epochs; its batches have 4,096 and 128 rows. The weights are those with the lowest
    validation loss."""

    def __post_init__(self) -> None:
        require(len(self.machines) > 0, "machines", "must name one", self.machines)
        twice = len(set(self.machines)) < len(self.machines)
        require(not twice, "machines", "must not name one twice", self.machines)
        require_at_least(self, 1, "factors", "hidden")
        require(2 <= self.order <= 5, "order", "must be from 2 to 5", self.order)
        require_shares(self, "dropout", "hidden_dropout")
        require_at_least(self, 0, "l2")


@dataclass(frozen=True, kw_only=True)
class MachinesConfig(MachineSettings):
    """Factorization machines on rows of a few features out of very many."""

    module: ClassVar[str] = "supervised.recommenders.tags"
    reads_chosen: ClassVar[str] = "rows"

    rows: Literal["ml-tag", "frappe"] = "ml-tag"
    """Rows of people, films and tags (the book's), or of people, apps and contexts."""
    machines: tuple[Machine, ...] = ("linear", "fm", "afm", "nfm")
    """Machines that are trained; the last is kept."""


Shop = Literal["yoochoose", "ml-1m"]


@dataclass(frozen=True, kw_only=True)
class PurchaseConfig(MachineSettings):
    """Predicts whether a visitor buys an item that they looked at, or how much of it."""

    module: ClassVar[str] = "supervised.recommenders.purchases"
    reads_chosen: ClassVar[str] = "shop"

    shop: Shop = "yoochoose"
    """Visits to a shop (the book's), or people who rate films, where four stars are a purchase."""
    target: Literal["bought", "quantity"] = "bought"
    """What is predicted: whether a row is a purchase, or its quantity, in pieces or stars."""
    visits: int = 200_000
    """Most visits, which are drawn at random; the book takes 10,000 with the most purchases."""
    cold: float = 0.1
    """Fraction of the items that training never sees, for the test of a cold start."""
    form: Literal["sparse", "dense"] = "sparse"
    """Form of the rows: sparse, with their few features, or dense (the book's), with all."""
    values: int = 50_000
    """Number of values of a field that are features, the commonest; others count as unknown."""
    machines: tuple[Machine, ...] = ("fm",)
    """Machines that are trained; the last is kept."""
    factors: int = 16
    """Number of factors of a feature; the book has 7."""
    dropout: float = 0.5
    """Fraction of the pooled products dropped in training."""
    l2: float = 0.3
    """Weight in the loss of the squared factors of a row, as a mean over rows; the book's
    classifier has 0.01, with sums."""
    optimizer: OptimizerConfig = OptimizerConfig(name="lazy_adam", learning_rate=1e-3)
    """Adam, the book's."""
    fit: FitConfig = FitConfig(epochs=12, batch_size=1_024, patience=2, keep="best")
    """The book has 100 epochs, of batches of 1,024 and of all rows at once."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least(self, 1, "visits", "values")
        require_fractions(self, "cold", most=1)
        fits = self.form == "sparse" or "afm" not in self.machines
        require(fits, "form", "must be sparse for afm, which weighs pairs of features", self.form)
