"""Help whose paragraphs fill the lines of the terminal."""

import contextlib
import inspect
import re
from collections.abc import Iterator, Sequence

_BREAK = re.compile(r"(?<!\n)\n(?!\n)")


@contextlib.contextmanager
def flowing(arguments: Sequence[str]) -> Iterator[None]:
    """Lets the help that arguments ask for flow.

    tyro joins the lines of a setting's docstring before it takes off their indentation, so it finds
    none that it may join, and the help breaks where the source does.
    """
    if not {"-h", "--help"} & set(arguments):
        yield
        return
    import docstring_parser  # a twelfth of a second

    parsed = docstring_parser.parse_from_object

    def parse(described: type) -> docstring_parser.Docstring:
        found = parsed(described)
        for part in found.params:
            part.description = _BREAK.sub(" ", inspect.cleandoc(part.description or "")) or None
        return found

    docstring_parser.parse_from_object = parse
    try:
        yield
    finally:
        docstring_parser.parse_from_object = parsed
