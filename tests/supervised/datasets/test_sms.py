"""The messages' format, and what is said of a file that has another."""

import numpy as np
import pytest

from supervised.datasets import messages, sms
from supervised.datasets.source import DataError, Source

_HAM, _SPAM = "ham\tsee you at home", "spam\tfree prize"


def _load(folder, contents: bytes):
    (folder / "sms").mkdir(exist_ok=True)
    (folder / "sms" / "SMSSpamCollection").write_bytes(contents)
    return sms.load(Source(data_dir=folder))


def test_a_file_by_hand(tmp_path):
    path = tmp_path / "texts"
    path.write_bytes("ham\tcall me\tnow \r\nspam\t\u2028 £5\n\nham\t \n".encode())
    found = messages.read(path, {"ham": 0, "spam": 1})
    assert found.texts.tolist() == ["call me\tnow", "£5"]
    assert found.labels.tolist() == [0, 1]
    assert found.skipped == 2


def test_a_smaller_file_is_a_sample_and_says_what_was_left_out(tmp_path):
    data = _load(tmp_path, "\n".join([_HAM] * 90 + [_SPAM] * 10 + ["ham\t"]).encode())
    assert (data.kind, len(data.texts), data.labels.sum()) == ("sample", 100, 10)
    assert data.note.endswith("; 1 without a text were left out")


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ("\n".join([_HAM] * 200).encode(), "200 texts, 0 of them spam; expected 100 or more"),
        (f"{_HAM}\n{_SPAM}".encode(), "has 2 texts, 1 of them spam"),
        (f"{_HAM}\nmaybe\tso".encode(), "line 2 begins with 'maybe', expected ham or spam"),
        (
            b'label,text\nham,"' + b"x" * 200_000,
            "expected a CSV file; a quote in it is never closed",
        ),
        (b'label,text\nham,"never\nspam,closed\n', "expected a CSV file; a quote in it is never"),
        (b"text,label\nwithout any\n", "data row 1 has no label"),
    ],
)
def test_a_wrong_file_is_named(tmp_path, contents, said):
    with pytest.raises(DataError, match=said):
        _load(tmp_path, contents)


def test_generated_messages_have_both_kinds():
    data = sms.synthetic(np.random.default_rng(0))
    assert (len(data.texts), data.labels.sum()) == (1_200, 150)
