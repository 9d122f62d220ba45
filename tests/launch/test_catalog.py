"""The catalog names experiments without importing their modules: both must say the same."""

import importlib
import pkgutil

import pytest

from launch import experiments
from launch.experiments import catalog
from launch.experiments.index import INDEX


def _modules() -> dict[str, list[str]]:
    """The names that every module of `launch.experiments` gives its own experiments."""
    found = {}
    for info in pkgutil.iter_modules(experiments.__path__):
        module = importlib.import_module(f"launch.experiments.{info.name}")
        if info.name != "catalog" and hasattr(module, "EXPERIMENTS"):
            found[info.name] = list(module.EXPERIMENTS)
    return found


def test_the_catalog_has_every_experiment_of_every_module_in_its_order():
    index = {module: names.split() for _, _, module, names in INDEX}
    assert index == _modules()
    assert len(set(catalog.EXPERIMENTS)) == sum(map(len, index.values()))
    assert [name for c in catalog.CHAPTERS for name in c.experiments] == list(catalog.EXPERIMENTS)


@pytest.mark.parametrize("chapter", catalog.CHAPTERS, ids=lambda chapter: chapter.title)
def test_every_experiment_is_of_its_chapters_kind(chapter):
    assert {each.config.KIND for each in chapter.experiments.values()} == {chapter.kind}


def test_a_name_that_there_is_not_is_none_of_the_mapping():
    assert "dqn_cartpol" not in catalog.EXPERIMENTS
    with pytest.raises(KeyError):
        catalog.EXPERIMENTS["dqn_cartpol"]
