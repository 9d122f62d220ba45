import numpy as np
import pytest

from common.errors import Diverged
from supervised.basics import least_squares
from supervised.basics.least_squares import Problem, descend
from tests.supervised.recorder import Recorder, Stopped


def two_rows() -> Problem:
    """A bias and one input, through (1, 3) and (-1, 1): y = 2 + x."""
    return Problem(design=np.array([[1.0, 1.0], [1.0, -1.0]]), target=np.array([3.0, 1.0]))


def random_problem(seed: int) -> Problem:
    rng = np.random.default_rng(seed)
    return Problem(design=rng.normal(size=(40, 3)), target=rng.normal(size=40))


def test_first_steps_by_hand():
    # From (1, 1): outputs 2 and 0, residuals -1 and -1, cost 1, gradient (-2, 0).
    # A step of 0.1 comes to (1.2, 1): residuals -0.8 twice, cost 0.64; then (1.36, 1), 0.4096.
    weights, costs = descend([two_rows()], learning_rate=0.1, iterations=2, context=Recorder())
    np.testing.assert_allclose(weights, [[1.36, 1.0]], rtol=1e-12)
    np.testing.assert_allclose(costs, [1.0, 0.64, 0.4096], rtol=1e-12)


def test_comes_to_the_closed_form_of_every_problem():
    problems = [random_problem(seed) for seed in range(3)]
    weights, costs = descend(problems, learning_rate=0.1, iterations=400, context=Recorder())
    for problem, found in zip(problems, weights, strict=True):
        np.testing.assert_allclose(found, problem.closed_form(), rtol=1e-6)
    residuals = problems[0].design @ problems[0].closed_form() - problems[0].target
    assert costs[-1] == pytest.approx(np.mean(residuals**2), rel=1e-12)
    assert (np.diff(costs) <= 1e-15).all()


def test_a_problem_does_not_depend_on_its_neighbours():
    problems = [random_problem(seed) for seed in range(3)]
    together, _ = descend(problems, learning_rate=0.1, iterations=50, context=Recorder())
    alone, _ = descend(problems[2:], learning_rate=0.1, iterations=50, context=Recorder())
    np.testing.assert_allclose(together[2], alone[0], rtol=1e-13)


def test_stopped_and_resumed_it_comes_to_the_same_bits(monkeypatch):
    monkeypatch.setattr(least_squares, "_ITERATIONS_PER_CALL", 7)

    def run(context: Recorder):
        problems = [random_problem(0), random_problem(1)]
        return descend(problems, learning_rate=0.1, iterations=30, context=context)

    whole = Recorder()
    weights, costs = run(whole)
    stopped = Recorder(stop_after=2)
    with pytest.raises(Stopped):
        run(stopped)
    assert len(stopped.phases["descent"]["costs"]) == 14
    resumed = Recorder(phases=stopped.phases)
    again, costs_again = run(resumed)
    np.testing.assert_array_equal(again, weights)
    np.testing.assert_array_equal(costs_again, costs)
    assert stopped.points + resumed.points == whole.points


def test_a_step_too_large_diverges():
    with pytest.raises(Diverged, match="learning rate of 3 is too large"):
        descend([two_rows()], learning_rate=3.0, iterations=2_000, context=Recorder())
