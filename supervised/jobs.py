"""Every kind of job. Imports no TensorFlow."""

from supervised.basics.configs import (
    ExploreMnistConfig,
    LinearBostonConfig,
    LinearSyntheticConfig,
    TensorsConfig,
)
from supervised.belief.configs import DbnBankConfig, DbnHousesConfig, RbmMnistConfig
from supervised.emotion.configs import EmotionConfig, EmotionPredictConfig
from supervised.feed_forward.configs import BankConfig, ChoicesConfig, MnistConfig

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
    | EmotionConfig
    | EmotionPredictConfig
)
