"""Whole records of a stream, some thousand at a time: what `predict RUN -` reads."""

from collections.abc import Iterable, Iterator

_BATCH = 10_000  # records


def batches(lines: Iterable[bytes], *, has_names: bool, size: int = _BATCH) -> Iterator[bytes]:
    """Batches of the lines of a stream, each with the line of names where there is one.

    A line break in quotes ends no record. Empty lines are none.

    Args:
        lines: The lines, with their ends.
        has_names: Whether the first one has the names of columns.
        size: Records of a batch.
    """
    names, found, count = b"", [], 0
    for record in _records(lines):
        if has_names and not names:
            names = record
            continue
        found.append(record)
        count += 1
        if count % size == 0:
            yield names + b"".join(found)
            found = []
    if found:
        yield names + b"".join(found)


def _records(lines: Iterable[bytes]) -> Iterator[bytes]:
    waiting = b""
    for line in lines:
        if not (waiting or line.strip()):
            continue
        waiting += line
        if waiting.count(b'"') % 2 == 0:
            yield waiting if waiting.endswith(b"\n") else waiting + b"\n"
            waiting = b""
    if waiting:
        yield waiting
