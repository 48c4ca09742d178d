"""Foreign text, as short as a status may keep it."""

import json

import pytest

from shared.domain.fields import short


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("errors", "errors", id="as-it-is"),
        pytest.param(" a\n\tb ", "a b", id="on-one-line"),
        pytest.param("x" * 200, "x" * 200, id="the-longest"),
        pytest.param("x" * 201, "x" * 197 + "…", id="longer"),
        pytest.param("a\x00b\ud800", "a\ufffdb\ufffd", id="nothing-that-cannot-be-shown"),
        pytest.param('"' * 150, '"' * 98 + "…", id="quotes-count-twice"),
        pytest.param("ж" * 150, "ж" * 98 + "…", id="bytes-count-not-letters"),
    ],
)
def test_foreign_text_is_kept_short(text, kept):
    assert short(text) == kept
    assert len(json.dumps(kept, ensure_ascii=False).encode()) - 2 <= 200
