"""Every kind of job. Imports no TensorFlow."""

from supervised.autoencoders.configs import ConvolutionalConfig, DenseConfig
from supervised.basics.configs import (
    ExploreMnistConfig,
    LinearBostonConfig,
    LinearSyntheticConfig,
    TensorsConfig,
)
from supervised.belief.configs import DbnBankConfig, DbnHousesConfig, RbmMnistConfig
from supervised.convolutional.configs import LenetConfig
from supervised.emotion.configs import EmotionConfig, EmotionPredictConfig
from supervised.feed_forward.configs import BankConfig, ChoicesConfig, MnistConfig
from supervised.fraud.configs import FraudConfig
from supervised.high_level.configs import (
    FunctionalConfig,
    IrisConfig,
    SequentialConfig,
    TitanicConfig,
)
from supervised.parallel.configs import (
    DataParallelConfig,
    DevicesConfig,
    ModelParallelConfig,
    ToyConfig,
)
from supervised.pretrained.configs import ClassifyConfig, TransferConfig
from supervised.recommenders.configs import (
    ClustersConfig,
    EdaConfig,
    FactorizationConfig,
    MachinesConfig,
    PurchaseConfig,
    StreamedConfig,
)
from supervised.recurrent.configs import (
    CellsConfig,
    HarConfig,
    PassengersConfig,
    SentimentConfig,
    SpamConfig,
)
from supervised.style.configs import StyleConfig

AnyJob = (
    TensorsConfig
    | LinearSyntheticConfig
    | LinearBostonConfig
    | ExploreMnistConfig
    | MnistConfig
    | BankConfig
    | ChoicesConfig
    | RbmMnistConfig
    | DbnBankConfig
    | DbnHousesConfig
    | LenetConfig
    | DenseConfig
    | ConvolutionalConfig
    | ClassifyConfig
    | TransferConfig
    | EmotionConfig
    | EmotionPredictConfig
    | StyleConfig
    | FraudConfig
    | CellsConfig
    | SpamConfig
    | PassengersConfig
    | SentimentConfig
    | HarConfig
    | DevicesConfig
    | ToyConfig
    | DataParallelConfig
    | ModelParallelConfig
    | IrisConfig
    | TitanicConfig
    | SequentialConfig
    | FunctionalConfig
    | EdaConfig
    | FactorizationConfig
    | ClustersConfig
    | MachinesConfig
    | PurchaseConfig
    | StreamedConfig
)
