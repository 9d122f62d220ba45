"""Ranges of numbers shared out."""


def split(count: int, parts: int) -> list[range]:
    """Contiguous, nearly equal ranges that cover range(count); fewer than `parts` if it is less."""
    parts = min(parts, count)
    bounds = [count * i // parts for i in range(parts + 1)]
    return [range(bounds[i], bounds[i + 1]) for i in range(parts)]
