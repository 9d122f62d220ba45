"""What a forecast has to beat: the last step, the last season, and a linear map of the window."""

import numpy as np
import numpy.typing as npt

from supervised.core.examples import Examples
from supervised.core.forecasts.windows import Floats, Step


def persistence(
    values: Floats, steps: npt.NDArray[np.int64], horizon: int, season: int = 1
) -> Floats:
    """What was last known of the same place in the season, for H steps from each step on.

    Args:
        values: [N] the series.
        steps: [P] the first steps that are foretold; none before step `season`.
        horizon: H, how many steps.
        season: Steps of a season; 1 repeats the last step.

    Returns:
        [P, H].
    """
    ahead = np.arange(horizon)
    back = season * (ahead // season + 1) - ahead  # steps back from the first foretold one
    return values[steps[:, None] - back]


def ridge(train: Examples) -> Step:
    """A ridge regression from windows to the next step, with scikit-learn's penalty."""
    from sklearn.linear_model import Ridge  # slow to import

    assert isinstance(train.x, np.ndarray)
    scale = train.x.std() or 1.0
    fitted = Ridge().fit(train.x[:, :, 0] / scale, train.y[:, 0])
    return lambda windows: fitted.predict(windows / scale)
