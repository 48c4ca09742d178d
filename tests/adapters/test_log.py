"""The log: a line is JSON, and holds whatever it is given on one line."""

import json

import pytest

from shared.adapters import log


@pytest.mark.parametrize(
    ("write", "severity"),
    [(log.info, "INFO"), (log.warning, "WARNING"), (log.error, "ERROR")],
)
def test_a_line_is_one_json_object(capsys, write, severity):
    write("two\nlines", event="a1", status=204)

    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out) == {
        "severity": severity,
        "message": "two\nlines",
        "event": "a1",
        "status": 204,
    }
