"""What the functions refuse before they look at anything: events of others, and of the future."""

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


@pytest.fixture
def post(monkeypatch):
    monkeypatch.setenv("K_SINK", "http://127.0.0.1:1")

    def send(function, type_, data=None):
        source = FUNCTIONS / function / "main.py"
        client = functions_framework.create_app(function, source, "http").test_client()
        event = {"specversion": "1.0", "id": "e1", "source": "/people", "type": type_}
        return client.post("/", json={**event, "data": data or {}}).status_code

    return send


@pytest.mark.parametrize(
    ("function", "type_"),
    [
        pytest.param(function, type_, id=f"{function}-{type_}")
        for function, types in OTHERS.items()
        for type_ in types
    ],
)
def test_an_event_that_is_not_its_own_is_refused_by_type(function, type_, post, capsys):
    assert post(function, type_) == 400
    assert f"found '{type_}'" in capsys.readouterr().out


def test_a_promotion_on_the_bus_is_not_of_the_future_either(post, capsys):
    said = {"id": "build-7", "time": "9999-01-01T00:00:00Z", "app": "croc", "version": "1.4.0"}

    status = post(
        "start_canary", PROMOTION_REQUESTED, {**said, "environment": "prod", "namespace": "jx"}
    )

    assert status == 400
    assert "time: wanted a time that is not in the future" in capsys.readouterr().out
