"""Intervals of what was counted."""


def share_interval(share: float, count: int, level: float = 0.95) -> tuple[float, float]:
    """The ends of Wilson's interval of a share, such as an accuracy, of independent rows.

    Unlike the normal one it covers near 0 and 1, too, and has a width at them.

    Args:
        share: The share that was found, from 0 to 1.
        count: The rows that it is a share of.
        level: How often the interval has the true share in it.
    """
    from scipy.special import ndtri  # not scipy.stats, which takes a second to import

    z = float(ndtri((1 + level) / 2))
    middle = share + z**2 / (2 * count)
    half = z * ((share * (1 - share) + z**2 / (4 * count)) / count) ** 0.5
    scale = 1 + z**2 / count
    return (middle - half) / scale, (middle + half) / scale
