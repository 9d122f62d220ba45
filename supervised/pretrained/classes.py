"""WordNet's names of the 1,000 classes of ILSVRC 2012, in the order of every network here."""

from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("imagenet_classes.txt")


@cache
def names() -> tuple[str, ...]:
    """The names of the classes: `tench` has number 0, `toilet tissue` 999."""
    return tuple(_FILE.read_text(encoding="utf-8").splitlines())
