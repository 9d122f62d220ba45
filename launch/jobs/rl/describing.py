"""What is told of a reinforcement learning run: its environment, its agent and its policy."""

from pathlib import Path

from agents.registry import name_of
from common.quiet import quiet
from common.text import one_line
from launch.config.run import RunConfig
from launch.config.training import TrainingConfig
from launch.jobs.models.described import Described, arrays_in, first_sentence, models_in
from launch.jobs.models.keras_files import ModelFile
from launch.jobs.rl import interface
from launch.run_folder import result
from launch.run_folder.names import POLICY, REDUCED


def of(folder: Path, config: RunConfig) -> Described:
    """What is told of a run.

    Args:
        folder: Its folder.
        config: Its config.
    """
    assert isinstance(config, TrainingConfig)
    missing: list[str] = []
    rows = {"environment": " ".join(filter(None, (config.env, config.env_options.flags())))}
    rows["agent"] = f"{name_of(type(config.agent))}: {first_sentence(config.agent)}"
    if config.data is not None:
        rows["recording"] = str(config.data)
    models = models_in(folder, missing)
    policy = folder / POLICY
    arrays = None if models else arrays_in(policy, missing)
    if arrays is not None:
        models[POLICY] = arrays
    elif not (models or policy.exists() or config.agent.acts_randomly):
        why = REDUCED if result.is_reduced(folder) else "no policy was kept yet"
        missing.append(f"no {POLICY}: {why}")
    try:
        with quiet():  # what libraries say of themselves when they make their first environment
            known = interface.of(config)
    except Exception as error:  # whatever an environment raises: the files are told all the same
        missing.append(f"the environment cannot be made here: {one_line(error)}")
        inputs = [each.inputs for each in models.values() if isinstance(each, ModelFile)]
        return Described(
            rows=rows, inputs=inputs[0] if inputs else (), models=models, missing=missing
        )
    outside = [f"before the model: {each}" for each in known.outside]
    return Described(
        rows=rows,
        inputs=(known.observation,),
        choices="actions",
        names=known.actions,
        notes=(*outside, *(f"by the model: {each}" for each in known.inside)),
        models=models,
        missing=missing,
    )
