"""Every kind of job. Imports no TensorFlow."""

from supervised.basics.configs import (
    ExploreMnistConfig,
    LinearBostonConfig,
    LinearSyntheticConfig,
    TensorsConfig,
)
from supervised.belief.configs import DbnBankConfig, DbnHousesConfig, RbmMnistConfig
from supervised.feed_forward.configs import BankConfig, ChoicesConfig, MnistConfig
from supervised.fraud.configs import FraudConfig

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
    | FraudConfig
)
