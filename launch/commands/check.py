"""`python -m launch check ENV`."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import tyro
from rich.text import Text

from common import jsons
from common.errors import UsageError
from common.findings import Finding
from common.settings import require
from envs.checking.examination import examine
from envs.options import EnvOptions, Transforms
from envs.sources import Configured, UnusableEnvironment
from launch.commands.flags import parse
from launch.commands.printing import paragraphs, show
from launch.diagnosis import lines
from launch.experiments import catalog
from launch.terminal.console import waited_for
from launch.terminal.typed import typed


@dataclass(frozen=True, kw_only=True)
class CheckArguments:
    """Say whether an environment can be learned here, and what its author has to mend.

    It is played with random actions: alone, beside others, in another process, and replayed. Exit
    code 1 where a training could not go on, or where its bits could not repeat.
    """

    env: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="ENV")]
    """Gymnasium id; module:Id-v0 imports the module first; module:function makes one."""
    env_options: Annotated[EnvOptions, tyro.conf.arg(name="")] = EnvOptions()
    """What is changed about the environment."""
    transforms: Annotated[Transforms, tyro.conf.arg(name="env")] = Transforms()
    """What agents see and do in place of the environment's own."""
    steps: int = 1_000
    """Steps of each play."""
    json: bool = False
    """The findings as JSON."""

    def __post_init__(self) -> None:
        require(self.steps >= 1, "steps", "must be 1 or more", self.steps)


def run(arguments: Sequence[str]) -> int:
    """Examines an environment.

    Raises:
        UsageError: There is no such environment, or a flag has a wrong value.
    """
    given: CheckArguments = parse(CheckArguments, "check", arguments)
    found: list[Finding] = []
    values: list[dict[str, Any]] = []
    try:
        env = Configured(given.env, given.env_options, given.transforms)
        for title, observed in waited_for(f"playing {given.env}", examine(env, given.steps)):
            if not given.json:
                show([Text(title, "bold")])
            for each in waited_for(f"looking at: {title}", observed):
                found.append(each)
                values.append({"group": title, **dataclasses.asdict(each)})
                if not given.json:
                    show(lines.of_finding(each))
            if not given.json:
                show([""])
    except UnusableEnvironment as error:
        raise UsageError(str(error).removeprefix("--env ")) from None
    if given.json:
        print(jsons.dumps(values, indent=2))
    else:
        show(_summary(given, found))
    return int(any(each.state == "fail" for each in found))


def _summary(given: CheckArguments, found: Sequence[Finding]) -> Iterator[Text]:
    env = given.env
    failed = [each.item for each in found if each.state == "fail" and each.item != "cause"]
    if failed:
        text, style = f"{env} does not keep what a training needs: {', '.join(failed)}", "bold red"
    else:
        text, style = f"{env} keeps what a training needs; its bits repeat", "green"
    yield from (Text(line, style) for line in paragraphs(text))
    if not failed:
        yield Text(f"train it: {typed(catalog.first_choice(env), '--env', env)}{_flags(given)}")


def _flags(given: CheckArguments) -> str:
    """What is changed about an environment, as it is typed."""
    seen = given.transforms
    typed = [
        given.env_options.flags(),
        f"--env.action-bins {seen.action_bins}" * bool(seen.action_bins),
        f"--env.frame-stack {seen.frame_stack}" * (seen.frame_stack > 1),
        f"--env.reward-scale {seen.reward_scale:g}" * (seen.reward_scale != 1),
        "--env.normalize-observations" * seen.normalize_observations,
        "--env.clip-rewards" * seen.clip_rewards,
        "--env.life-loss" * seen.life_loss,
    ]
    return "".join(f" {each}" for each in typed if each)
