"""Finds the classes of jobs' settings by the names that `config.json` has for them."""

from common import plugins
from supervised.core.job import JobConfig

GROUP = "actorlab.jobs"
"""The entry points under which an installed package offers jobs."""

OURS = {
    name: f"{module}:{name}"
    for module, names in {
        "supervised.autoencoders.configs": "ConvolutionalConfig DenseConfig",
        "supervised.basics.configs": (
            "ExploreMnistConfig LinearBostonConfig LinearSyntheticConfig TensorsConfig"
        ),
        "supervised.belief.configs": "DbnBankConfig DbnHousesConfig RbmMnistConfig",
        "supervised.convolutional.configs": "LenetConfig",
        "supervised.emotion.configs": "EmotionConfig EmotionPredictConfig",
        "supervised.feed_forward.configs": "BankConfig ChoicesConfig MnistConfig",
        "supervised.fraud.configs": "FraudConfig",
        "supervised.high_level.configs": (
            "FunctionalConfig IrisConfig SequentialConfig TitanicConfig"
        ),
        "supervised.own.configs": "RatingsConfig SeriesConfig TableConfig TextConfig",
        "supervised.own.image_configs": "ImagesConfig",
        "supervised.parallel.configs": (
            "DataParallelConfig DevicesConfig ModelParallelConfig ToyConfig"
        ),
        "supervised.pretrained.configs": "ClassifyConfig TransferConfig",
        "supervised.recommenders.configs": (
            "ClustersConfig EdaConfig FactorizationConfig MachinesConfig PurchaseConfig "
            "StreamedConfig"
        ),
        "supervised.recurrent.configs": (
            "CellsConfig HarConfig PassengersConfig SentimentConfig SpamConfig"
        ),
        "supervised.style.configs": "StyleConfig",
    }.items()
    for name in names.split()
}
"""The classes of our jobs' settings by short name, and where they are."""


def name_of(kind: type[JobConfig]) -> str:
    """The name of a class of settings: short for ours, `module:Class` for any other."""
    return plugins.name_of(kind, OURS)


def job_type(name: str) -> type[JobConfig]:
    """The class of settings that a name stands for.

    Args:
        name: A name that `name_of` returns, or that of an installed entry point.

    Raises:
        common.plugins.NotFound: There is no such job, or its module cannot be imported.
    """
    return plugins.type_named(name, OURS, GROUP, JobConfig, "a job")
