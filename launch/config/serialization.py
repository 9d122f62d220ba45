"""Configs as JSON and back, and the part of a config that its run's bits depend on."""

import functools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cattrs
from cattrs.v import format_exception

from common.plugins import NotFound
from common.settings import InvalidSetting
from launch.config.run import Kind, RunConfig


def identity(config: RunConfig) -> dict[str, Any]:
    """The settings that two runs with the same bits share, as plain JSON values."""
    return config.identity_of(to_json(config))


def to_json(config: RunConfig) -> dict[str, Any]:
    """The config as plain JSON values; the name of an agent or a job stands under `_type`."""
    return _converter(config.KIND).unstructure(config, type(config))


def from_json(values: dict[str, Any]) -> RunConfig:
    """The config that `to_json` wrote.

    Raises:
        ValueError: A field is missing, unknown or of the wrong type; the message names it.
    """
    kind: Kind = "supervised" if "job" in values else "rl"
    try:
        return _converter(kind).structure(values, _class_of(kind))
    except cattrs.BaseValidationError as error:
        raise ValueError("; ".join(cattrs.transform_error(error, format_exception=_said))) from None


def settings(config: RunConfig) -> Iterator[tuple[str, Any]]:
    """Each setting's path, such as `agent.learning_rate`, and its value in plain JSON."""
    for path, value in _flat(to_json(config)):
        if path not in config.WITHOUT_FLAG:
            yield path, value


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        elif name != "_type":
            yield f"{before}{name}", value


def _said(error: BaseException, kind: type | None) -> str:
    """What is wrong with a value: our own words where we have some."""
    ours = isinstance(error, NotFound | InvalidSetting)
    return str(error) if ours else format_exception(error, kind)


def _class_of(kind: Kind) -> type[RunConfig]:
    if kind == "supervised":
        from launch.config.supervised import SupervisedConfig

        return SupervisedConfig
    from launch.config.training import TrainingConfig

    return TrainingConfig


@functools.cache
def _converter(kind: Kind) -> cattrs.Converter:
    """The converter of one kind of runs, which imports nothing of the other."""
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_unstructure_hook(Path, str)
    if kind == "supervised":
        from supervised.core.job import JobConfig
        from supervised.core.registry import job_type, name_of

        _open_class(converter, JobConfig, name_of, job_type)
    else:
        from agents.agent import Agent
        from agents.registry import agent_type, name_of

        _open_class(converter, Agent, name_of, agent_type)
    return converter


def _open_class(
    converter: cattrs.Converter,
    base: type[Any],
    name_of: Callable[[type[Any]], str],
    type_named: Callable[[str], type[Any]],
) -> None:
    """Has a field of a class hold any of its subclasses, whose name stands under `_type`."""

    def unstructure(value: Any) -> dict[str, Any]:
        kind = type(value)
        return {**converter.unstructure(value, kind), "_type": name_of(kind)}

    def structure(values: dict[str, Any], _: Any) -> Any:
        fields = {name: value for name, value in values.items() if name != "_type"}
        return converter.structure(fields, type_named(values["_type"]))

    converter.register_unstructure_hook_func(lambda kind: kind is base, unstructure)
    converter.register_structure_hook_func(lambda kind: kind is base, structure)
