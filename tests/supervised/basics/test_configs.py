import subprocess
import sys

import pytest

from common.settings import InvalidSetting
from supervised.basics import configs
from supervised.core.job import module_of


@pytest.mark.parametrize(
    ("kind", "setting", "value"),
    [
        (configs.LinearSyntheticConfig, "points", 1),
        (configs.LinearSyntheticConfig, "test_points", 1),
        (configs.LinearSyntheticConfig, "iterations", 0),
        (configs.LinearSyntheticConfig, "learning_rate", 0.0),
        (configs.LinearBostonConfig, "iterations", 0),
        (configs.LinearBostonConfig, "learning_rate", -0.1),
        (configs.LinearBostonConfig, "repeats", 1),
        (configs.ExploreMnistConfig, "validation_share", 1.0),
    ],
)
def test_a_setting_out_of_range_is_named(kind, setting, value):
    with pytest.raises(InvalidSetting, match=f"--{setting.replace('_', '-')} .*, got {value}"):
        kind(**{setting: value})


@pytest.mark.parametrize(
    "kind",
    [
        configs.TensorsConfig,
        configs.LinearSyntheticConfig,
        configs.LinearBostonConfig,
        configs.ExploreMnistConfig,
    ],
)
def test_every_config_finds_its_job(kind):
    assert callable(module_of(kind()).run)


def test_configs_start_without_tensorflow_and_pandas():
    heavy = "{'tensorflow', 'keras', 'pandas'} & set(sys.modules)"
    code = f"import sys, supervised.basics.configs; print(len({heavy}))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "0"
