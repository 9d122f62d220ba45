import numpy as np
import pytest

from agents.schedules import EpsilonSchedule


def test_linear_by_hand():
    schedule = EpsilonSchedule(start=1.0, end=0.2, decay_steps=100)
    np.testing.assert_allclose(schedule([0, 25, 50, 100, 1_000]), [1.0, 0.8, 0.6, 0.2, 0.2])


def test_exponential_is_the_books_formula():
    schedule = EpsilonSchedule(shape="exponential", start=1.0, end=0.01, decay_steps=10_000)
    # The book's log: ε 0.9993 after the first episode's 7 steps.
    assert float(schedule(7)) == pytest.approx(0.9993, abs=5e-5)
    assert float(schedule(17_374)) == pytest.approx(0.01 + 0.99 * np.exp(-1.7374))


@pytest.mark.parametrize("wrong", [{"start": 1.5}, {"end": -0.1}, {"decay_steps": 0}])
def test_impossible_settings_are_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong)).replace("_", "-")):
        EpsilonSchedule(**wrong)
