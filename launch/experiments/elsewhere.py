"""What other libraries call a setting, and what it is called here."""

from launch.config.run import RunConfig
from launch.experiments.experiment import flag_of, has_setting

_LEARNING_RATE = ("agent.learning_rate", "optimizer.learning_rate")
_ELSEWHERE = {
    "--lr": _LEARNING_RATE,
    "--learning-rate": _LEARNING_RATE,
    "--gamma": ("agent.discount",),
    "--tau": ("agent.target_polyak",),
    "--buffer-size": ("agent.replay_capacity",),
    "--train-freq": ("agent.env_steps_per_update",),
    "--exploration-final-eps": ("agent.epsilon.end",),
    "--exploration-fraction": ("agent.epsilon.decay_steps",),
    "--total-timesteps": ("env_steps",),
    "--timesteps": ("env_steps",),
    "--n-timesteps": ("env_steps",),
    "--n-envs": ("num_envs",),
    "--n-steps": ("rollout_length",),
    "--env-id": ("env",),
    "--num-workers": ("placement.workers", "resources.workers"),
    "--num-env-runners": ("placement.workers",),
    "--num-gpus": ("placement.learner_gpus", "resources.gpus"),
    "--device": ("placement.learner_gpus", "resources.gpus"),
    "--epochs": ("fit.epochs", "env_steps"),
    "--batch-size": ("agent.batch_size", "fit.batch_size"),
    "--dropout": ("network.dropout",),
    "--log-dir": ("output.out",),
    "--logdir": ("output.out",),
    "--output-dir": ("output.out",),
    "--save-dir": ("output.out",),
}
"""What other libraries call a flag, and our settings for it, the first that a config has."""
_UNITS = {
    "--exploration-fraction": "in environment steps, not a fraction",
    "--train-freq": "environment steps for each update",
}
"""Units that are others here."""


def called_here(name: str, config: RunConfig) -> str | None:
    """What a setting that other libraries have is called here, in words.

    Args:
        name: Its name there, as a flag or as a path, with or without the part of a config that a
            user took it for: `--lr`, `agent.lr`.
        config: The config that it would be a setting of.

    Returns:
        None where it is none of theirs, or a setting of ours.
    """
    path = name.removeprefix("--").replace("-", "_")
    part, dot, last = path.rpartition(".")
    word = f"--{last.replace('_', '-')}"
    ours = [each for each in _ELSEWHERE.get(word, ()) if has_setting(config, each)]
    if not ours or has_setting(config, path):
        return None
    nearest = next((each for each in ours if each.startswith(part + dot)), ours[0])
    unit = f" ({_UNITS[word]})" if word in _UNITS else ""
    return f"{name}: called {flag_of(nearest)} here{unit}"
