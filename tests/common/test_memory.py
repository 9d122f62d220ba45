import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="glibc alone has these settings")

_COUNT = """
import resource, sys
import numpy as np
from common.memory import keep_freed_memory

if "keep" in sys.argv:
    keep_freed_memory()
counts = []
for _ in range(8):
    arrays = [np.ones(10 << 20, np.uint8) for _ in range(3)]
    del arrays
    counts.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
print(counts[-1] - counts[1])
"""


def _faults(*arguments, **environment):
    """Pages that were cleared for six times three arrays of 10 MB that are freed at once."""
    done = subprocess.run(
        [sys.executable, "-c", _COUNT, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={"NUMPY_MADVISE_HUGEPAGE": "0", **environment},
    )
    return int(done.stdout)


def test_freed_memory_is_taken_again():
    assert _faults() > 10_000  # 2,560 pages of 4 KiB each array
    assert _faults("keep") < 1_000


def test_the_environment_has_the_last_word():
    assert _faults("keep", MALLOC_TRIM_THRESHOLD_="131072") > 10_000
