"""The 1,000 classes of ILSVRC 2012 in the order of every network here, by their WordNet names."""

from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("imagenet_classes.txt")


@cache
def names() -> tuple[str, ...]:
    """Of the classes: `tench` is 0, `toilet tissue` 999."""
    return tuple(_FILE.read_text(encoding="utf-8").splitlines())
