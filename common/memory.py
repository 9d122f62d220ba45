"""How the process takes memory from the system."""

import ctypes
import os
import sys

_TRIM, _MMAP = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
_KEPT, _LARGE = 128 << 20, 64 << 20  # bytes


def keep_freed_memory() -> None:
    """Lets the process keep up to 128 MB that it has freed, for what it needs next.

    By itself glibc gives arrays of some megabytes back at once, and has each page of the next one
    cleared anew: a quarter of an update's time on pictures of 84 x 84. Arrays of 64 MB and more are
    given back as before. Where the C library is another one, or where the environment says how
    memory is taken (`MALLOC_...`), nothing is changed.
    """
    if sys.platform != "linux" or any(name.startswith("MALLOC_") for name in os.environ):
        return
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_TRIM, _KEPT)
        set_option(_MMAP, _LARGE)
