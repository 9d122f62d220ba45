"""Faults for the suite to notice: one in each of twenty central functions, planted by hand."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A change of one place in the code that makes it wrong, as a careless edit would.

    Attributes:
        name: What is wrong.
        file: The file, from the root of the repository.
        before: The text there, which occurs once.
        after: The text that takes its place.
        tests: Tests to ask first; where none of them notices, the whole suite is asked.
    """

    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]


FAULTS = (
    Fault(
        name="ε-greedy breaks ties in favour of the first action",
        file="common/choices.py",
        before="order = np.floor(draws * upto[-1])",
        after="order = np.floor(0.0 * draws * upto[-1])",
        tests=("tests/agents/test_exploration.py",),
    ),
    Fault(
        name="a window of n steps goes on over a truncation",
        file="agents/replay/accumulators.py",
        before="over_t = rollout.terminated_t | rollout.truncated_t | dropped_t",
        after="over_t = rollout.terminated_t | dropped_t",
        tests=("tests/agents/replay",),
    ),
    Fault(
        name="an observation may be overwritten one window too early",
        file="agents/replay/storage.py",
        before="while self._appends[0][0] <= self.added - self.capacity:",
        after="while self._appends[0][0] <= self.added - self.capacity + 1:",
        tests=("tests/agents/replay",),
    ),
    Fault(
        name="the newest row is never drawn",
        file="agents/replay/samplers.py",
        before="self._rng.integers(0, size, shape)",
        after="self._rng.integers(0, max(1, size - 1), shape)",
        tests=("tests/agents/replay",),
    ),
    Fault(
        name="double Q-learning lets the target network choose",
        file="agents/losses.py",
        before="best = tf.argmax(q_t_selector,",
        after="best = tf.argmax(q_t_value,",
        tests=("tests/agents/test_losses.py",),
    ),
    Fault(
        name="Adam corrects no bias of the first moment",
        file="agents/optimizers.py",
        before="rate = rate / (1.0 - tf.pow(config.beta_1, t))",
        after="rate = rate * 1.0",
        tests=("tests/agents/test_optimizers.py",),
    ),
    Fault(
        name="a linear schedule of ε never stops falling",
        file="agents/schedules.py",
        before="left = 1.0 - np.minimum(progress, 1.0)",
        after="left = 1.0 - progress",
        tests=("tests/agents/test_schedules.py",),
    ),
    Fault(
        name="draws depend on the last part of their key alone",
        file="envs/randomness.py",
        before="key = _mix((key ^ _mix(part + STRIDE)) + STRIDE)",
        after="key = _mix(_mix(part + STRIDE) + STRIDE)",
        tests=("tests/envs/test_randomness.py",),
    ),
    Fault(
        name="the cart is pushed the wrong way by its pole",
        file="envs/cartpole.py",
        before="x_acc = temp - _POLE_MOMENT * theta_acc * cos_theta / _MASS_TOTAL",
        after="x_acc = temp + _POLE_MOMENT * theta_acc * cos_theta / _MASS_TOTAL",
        tests=("tests/envs/test_batched.py",),
    ),
    Fault(
        name="a checkpoint has the newest weights instead of those that act next",
        file="training/pipeline.py",
        before="self.acting_weights = newest if lag == 1 else self._learner.weights()",
        after="self.acting_weights = self._learner.weights()",
        tests=("tests/training/test_pipeline.py",),
    ),
    Fault(
        name="an environment is rebuilt one action short",
        file="training/episodes.py",
        before="starts = len(actions) - (self._now - self._began)",
        after="starts = len(actions) - (self._now - self._began) + 1",
        tests=("tests/training/test_episodes.py",),
    ),
    Fault(
        name="an evaluation plays the same number of episodes in every environment",
        file="training/evaluation.py",
        before="return share + (env_index - self.env_indices.start < rest)",
        after="return share + (rest > 0)",
        tests=("tests/training/test_evaluate.py",),
    ),
    Fault(
        name="a damaged checkpoint is read",
        file="launch/run_folder/checkpoints.py",
        before='if _sha256(path / name) != manifest["sha256"][name]:',
        after='if name not in manifest["sha256"]:',
        tests=("tests/launch/test_checkpoints.py",),
    ),
    Fault(
        name="metrics after the last checkpoint stay on a resume",
        file="launch/run_folder/tracker.py",
        before="os.truncate(path, length)",
        after="os.truncate(path, path.stat().st_size)",
        tests=("tests/launch/test_tracking.py", "tests/launch/test_receiver.py"),
    ),
    Fault(
        name="metrics of an attempt that died are kept",
        file="launch/run_folder/writer.py",
        before='"""Forgets the metrics that wait: the attempt that made them died."""\n'
        "        self._waiting.clear()",
        after='"""Forgets the metrics that wait: the attempt that made them died."""\n'
        "        self._waiting.copy()",
        tests=("tests/launch/test_receiver.py",),
    ),
    Fault(
        name="a replaced actor does not get the calls that its predecessor had",
        file="launch/cluster/actor_group.py",
        before="        for call in slot.calls:\n            self._send(call)",
        after="        for call in slot.calls[1:]:\n            self._send(call)",
        tests=("tests/launch/test_actor_group.py",),
    ),
    Fault(
        name="an interrupt still submits runs",
        file="launch/scheduler/on_cluster.py",
        before="while not (stop or self._stopping) and",
        after="while not self._stopping and",
        tests=("tests/launch/test_scheduler_decisions.py",),
    ),
    Fault(
        name="a search's proposals see results that are not due",
        file="launch/tuning/search.py",
        before="[: max(number - self.config.lag, 0)]",
        after="[:number]",
        tests=("tests/launch/test_proposals.py",),
    ),
    Fault(
        name="a supervised run goes on with other workers where the bits would change",
        file="launch/config/supervised.py",
        before="workers if self.job.follows_workers else workers > 0",
        after="workers if self.job.follows_workers else False",
        tests=("tests/launch/test_commands.py", "tests/launch/test_configs.py"),
    ),
    Fault(
        name="of rows that two gradients share, the sum has one gradient's alone",
        file="supervised/core/sharing/sums.py",
        before="values[np.searchsorted(places, rows.places)] += rows.values",
        after="values[np.searchsorted(places, rows.places)] = rows.values",
        tests=("tests/supervised/core/sharing",),
    ),
)
