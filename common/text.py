"""Errors in words that fit on a line, names that fit where they stand, and numbers of things."""


def shortened(name: str, most: int) -> str:
    """A name, or its beginning and an ellipsis where it has more than `most` letters."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def counted(number: int, what: str) -> str:
    """A number of things."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def one_line(error: BaseException) -> str:
    """An error's message without its line breaks."""
    return " ".join(str(error).split())


def with_kind(error: BaseException) -> str:
    """An error's kind and message in a line, such as "ValueError: it is no number"."""
    return f"{type(error).__name__}: {one_line(error)}"


def reason(error: BaseException) -> str:
    """The operating system's reason for refusing something; the message of any other error."""
    return getattr(error, "strerror", None) or one_line(error)


def missing_package(error: ModuleNotFoundError) -> str:
    """What to do about a package without which not even the command line starts."""
    return (
        f"Python's package {error.name!r} is not installed; install what Actorlab needs: "
        "make setup, or: pip install --editable '.[cpu]'"
    )
