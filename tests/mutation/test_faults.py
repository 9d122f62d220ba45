"""The faults that are planted by hand still have their places in the code."""

from pathlib import Path

import pytest

from tests.mutation.faults import FAULTS, Fault

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_its_place_occurs_once_and_its_tests_are_there(fault: Fault):
    assert (ROOT / fault.file).read_text().count(fault.before) == 1
    assert all((ROOT / name).exists() for name in fault.tests)
