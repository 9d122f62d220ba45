from collections.abc import Callable
from pathlib import Path

import pytest

from supervised.datasets.source import DataError


@pytest.fixture(autouse=True)
def no_proxy_and_no_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def says() -> Callable[..., str]:
    """The one line of the `DataError` that a call raises."""

    def check(call: Callable[[], object], *expected: str) -> str:
        with pytest.raises(DataError) as error:
            call()
        message = str(error.value)
        assert "\n" not in message
        for words in expected:
            assert words in message
        return message

    return check
