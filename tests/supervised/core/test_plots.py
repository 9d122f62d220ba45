"""Axes of pictures."""

import pytest


@pytest.mark.parametrize("epochs", [1, 2, 30])
def test_curves_of_any_length_have_whole_epochs_below(epochs):
    from supervised.core import plots

    history = [{"epoch": number + 1, "loss": 1 / (number + 1)} for number in range(epochs)]
    panel = plots.training_curves(history, "sales").axes[0]
    left, right = panel.get_xlim()
    ticks = [tick for tick in panel.get_xticks() if left <= tick <= right]
    assert ticks
    assert all(tick == round(tick) for tick in ticks)
