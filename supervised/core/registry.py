"""Finds the classes of jobs' settings by the names that `config.json` has for them."""

from common import plugins
from supervised.core.job import JobConfig

GROUP = "actorlab.jobs"
"""The entry points under which an installed package offers jobs."""

OURS = {
    name: f"supervised.{module}:{name}"
    for module, names in {
        "autoencoders.configs": "ConvolutionalConfig DenseConfig",
        "basics.configs": (
            "ExploreMnistConfig LinearBostonConfig LinearSyntheticConfig TensorsConfig"
        ),
        "belief.configs": "DbnBankConfig DbnHousesConfig RbmMnistConfig",
        "convolutional.configs": "LenetConfig",
        "emotion.configs": "EmotionConfig EmotionPredictConfig",
        "feed_forward.configs": "BankConfig ChoicesConfig MnistConfig",
        "fraud.configs": "FraudConfig",
        "high_level.configs": "FunctionalConfig IrisConfig SequentialConfig TitanicConfig",
        "own.configs": "RatingsConfig SeriesConfig TableConfig TextConfig",
        "own.image_configs": "ImagesConfig",
        "parallel.configs": "DataParallelConfig DevicesConfig ModelParallelConfig ToyConfig",
        "pretrained.configs": "ClassifyConfig TransferConfig",
        "recommenders.configs": (
            "ClustersConfig EdaConfig FactorizationConfig MachinesConfig PurchaseConfig "
            "StreamedConfig"
        ),
        "recurrent.configs": "CellsConfig HarConfig PassengersConfig SentimentConfig SpamConfig",
        "style.configs": "StyleConfig",
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
