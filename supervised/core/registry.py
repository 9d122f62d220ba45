"""The kinds of jobs by name, as `config.json` names them: ours, installed ones, any module's."""

from common import plugins
from supervised.core.job import JobConfig

GROUP = "actorlab.jobs"
"""The entry points under which an installed package offers jobs."""

OURS = {
    name: f"{module}:{name}"
    for module, names in {
        "supervised.autoencoders.configs": (
            "ConvolutionalConfig",
            "DenseConfig",
        ),
        "supervised.basics.configs": (
            "ExploreMnistConfig",
            "LinearBostonConfig",
            "LinearSyntheticConfig",
            "TensorsConfig",
        ),
        "supervised.belief.configs": (
            "DbnBankConfig",
            "DbnHousesConfig",
            "RbmMnistConfig",
        ),
        "supervised.convolutional.configs": ("LenetConfig",),
        "supervised.emotion.configs": (
            "EmotionConfig",
            "EmotionPredictConfig",
        ),
        "supervised.feed_forward.configs": (
            "BankConfig",
            "ChoicesConfig",
            "MnistConfig",
        ),
        "supervised.fraud.configs": ("FraudConfig",),
        "supervised.high_level.configs": (
            "FunctionalConfig",
            "IrisConfig",
            "SequentialConfig",
            "TitanicConfig",
        ),
        "supervised.parallel.configs": (
            "DataParallelConfig",
            "DevicesConfig",
            "ModelParallelConfig",
            "ToyConfig",
        ),
        "supervised.pretrained.configs": (
            "ClassifyConfig",
            "TransferConfig",
        ),
        "supervised.recommenders.configs": (
            "ClustersConfig",
            "EdaConfig",
            "FactorizationConfig",
            "MachinesConfig",
            "PurchaseConfig",
            "StreamedConfig",
        ),
        "supervised.recurrent.configs": (
            "CellsConfig",
            "HarConfig",
            "PassengersConfig",
            "SentimentConfig",
            "SpamConfig",
        ),
        "supervised.style.configs": ("StyleConfig",),
    }.items()
    for name in names
}
"""Our jobs' configs and where they are."""


def name_of(kind: type[JobConfig]) -> str:
    """The name of a job's config: short for ours, `module:Class` for any other."""
    return plugins.name_of(kind, OURS)


def job_type(name: str) -> type[JobConfig]:
    """The class of a job's config.

    Args:
        name: As `name_of` gives it, or the name of an installed entry point.

    Raises:
        common.plugins.NotFound: There is no such job, or its module cannot be imported.
    """
    return plugins.type_named(name, OURS, GROUP, JobConfig, "a job")
