"""Paints a picture by gradient descent on its pixels, resumable to the same bits."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from common.errors import Diverged
from supervised.core import networks
from supervised.core.job import Context
from supervised.core.variables import assign, values
from supervised.style.configs import StyleConfig

TERMS = ("content", "style", "variation")
PHASE = "painting"

_EVERY = 10  # steps between points of the series
_LOOK_SECONDS = 2.0  # after which a slow step is a checkpoint too
_STAGES = 4  # progress pictures that are remembered

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Painted:
    """A painted picture, and the course of the painting.

    Attributes:
        picture: [H, W, 3] the result.
        costs: [steps + 1, 3] terms of the cost after 0, 1, ... steps.
        stages: Some of the progress pictures [H, W, 3], by step.
    """

    picture: Picture
    costs: npt.NDArray[np.float32]
    stages: dict[int, Picture]


def paint(
    cost: Callable[[Any], Any],
    start: npt.NDArray[np.float32],
    config: StyleConfig,
    context: Context,
) -> Painted:
    """Paints a picture; a resumed job continues from the last checkpoint.

    Pixels are clipped to 0 to 255 after every step; the book clips them only when it writes the
    file.

    Args:
        cost: A function from pixels [1, H, W, 3] to the terms [3] of their cost.
        start: [H, W, 3] initial pixels.

    Raises:
        Diverged: The cost is not finite.
    """
    easel = _Easel(cost, start, config)
    easel.restore(context.restored(PHASE))
    remembered, first = _remembered(config), easel.done
    began = saved = time.monotonic()
    while easel.done < config.steps:
        _report(easel.done, easel.step(), context)
        done = easel.done
        if done % config.progress_every == 0 and done < config.steps:
            context.picture(f"progress_{done:05d}", easel.picture())
            if done in remembered:
                easel.stages[done] = easel.picture()
        if done % _EVERY == 0 or done == config.steps or time.monotonic() - saved > _LOOK_SECONDS:
            text = f"{PHASE}: step {done:,}/{config.steps:,}  cost {easel.costs[-1].sum():.4g}"
            context.progress(done, config.steps, text)
            context.checkpoint(PHASE, easel.state())
            saved = time.monotonic()
    if made := config.steps - first:
        seconds = time.monotonic() - began
        context.say(f"{made:,} steps in {seconds:.1f} s, {seconds / made:.3f} s each")
    last = np.asarray(easel.cost())
    _report(config.steps, last, context, always=True)
    costs = np.stack([*easel.costs, last])
    return Painted(picture=easel.picture(), costs=costs, stages=easel.stages)


class _Easel:
    """The state of a painting: the pixels, and the optimizer's variables."""

    def __init__(
        self, cost: Callable[[Any], Any], start: npt.NDArray[np.float32], config: StyleConfig
    ):
        self._pixels = keras.Variable(start[None], name="pixels")  # [1, H, W, 3]
        optimizer = networks.optimizer(config.optimizer, config.steps)
        optimizer.build([self._pixels])
        self._variables = [self._pixels, *optimizer.variables]
        self.costs: list[npt.NDArray[np.float32]] = []
        self.stages: dict[int, Picture] = {}
        pixels = self._pixels

        @tf.function
        def step() -> Any:
            with tf.GradientTape() as tape:
                terms = cost(pixels.value)  # [3]
                total = tf.reduce_sum(terms)
            optimizer.apply([tape.gradient(total, pixels.value)], [pixels])
            pixels.assign(tf.clip_by_value(pixels.value, 0.0, 255.0))
            return terms

        self._step, self._cost = step, cost

    @property
    def done(self) -> int:
        """Number of steps made."""
        return len(self.costs)

    def step(self) -> npt.NDArray[np.float32]:
        """Makes a step; returns the terms [3] of the cost before it."""
        self.costs.append(np.asarray(self._step()))
        return self.costs[-1]

    def cost(self) -> Any:
        """The terms [3] of the present cost."""
        return self._cost(self._pixels.value)

    def picture(self) -> Picture:
        """The pixels [H, W, 3], rounded to bytes."""
        return np.rint(np.asarray(self._pixels)[0]).astype(np.uint8)

    def state(self) -> dict[str, Any]:
        """The state that a checkpoint holds and `restore` takes."""
        return {
            "variables": values(self._variables),
            "costs": np.stack(self.costs),
            "stages": [[step, picture] for step, picture in self.stages.items()],
        }

    def restore(self, state: Any) -> None:
        """Takes the state of a checkpoint, if there is one."""
        if state is None:
            return
        assign(self._variables, state["variables"])
        self.costs = list(state["costs"])
        self.stages = {int(step): picture for step, picture in state["stages"]}


def _remembered(config: StyleConfig) -> set[int]:
    """Steps whose progress pictures are shown together; later ones are further apart."""
    steps = np.arange(config.progress_every, config.steps, config.progress_every)
    if not len(steps):
        return set()
    chosen = np.geomspace(1, len(steps), min(_STAGES, len(steps))).round().astype(int) - 1
    return {int(steps[place]) for place in chosen}


def _report(
    step: int, terms: npt.NDArray[np.float32], context: Context, *, always: bool = False
) -> None:
    """Adds the cost after so many steps to the series."""
    if not np.isfinite(terms).all():
        raise Diverged(f"{PHASE}: the cost is no longer finite after {step:,} steps")
    if always or step % _EVERY == 0:
        values = {f"cost/{name}": float(term) for name, term in zip(TERMS, terms, strict=True)}
        context.scalars(step, {"cost/total": float(terms.sum()), **values})
