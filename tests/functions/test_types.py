"""Each function takes the events that are its own, and refuses any other before it looks."""

from pathlib import Path

import functions_framework
import pytest

from shared.domain.events import ANALYSIS_TICK, PING, PROMOTION_REQUESTED, ROLLBACK_REQUESTED

FUNCTIONS = Path(__file__).parents[2] / "functions"
OTHERS = {
    "start_canary": [ANALYSIS_TICK, PING, ROLLBACK_REQUESTED],
    "analysis_tick": [PROMOTION_REQUESTED, ROLLBACK_REQUESTED, "com.example.other"],
    "rollback": [ANALYSIS_TICK, PING, PROMOTION_REQUESTED],
}


@pytest.mark.parametrize(
    ("function", "type_"),
    [
        pytest.param(function, type_, id=f"{function}-{type_}")
        for function, types in OTHERS.items()
        for type_ in types
    ],
)
def test_an_event_that_is_not_its_own_is_refused_by_type(function, type_, monkeypatch, capsys):
    monkeypatch.setenv("K_SINK", "http://127.0.0.1:1")
    monkeypatch.setenv("SPILLWAY_METRICS_SERVER", "http://127.0.0.1:1")
    source = FUNCTIONS / function / "main.py"
    client = functions_framework.create_app(function, source, "http").test_client()
    event = {"specversion": "1.0", "id": "e1", "source": "/people", "type": type_}

    reply = client.post("/", json=event)

    assert reply.status_code == 400
    assert f"found '{type_}'" in capsys.readouterr().out
