"""Where the functions check who calls, each of them does, before it reads a word."""

from pathlib import Path

import functions_framework
import pytest

FUNCTIONS = Path(__file__).parents[2] / "functions"
CHECKED = ["start_canary", "analysis_tick", "rollback"]


@pytest.fixture
def checked(monkeypatch) -> None:
    monkeypatch.setenv("K_SINK", "http://127.0.0.1:1")
    monkeypatch.setenv("SPILLWAY_PUSH_AUDIENCE", "https://here.example.com")
    monkeypatch.setenv("SPILLWAY_PUSH_ACCOUNT", "push@p.iam.gserviceaccount.com")


def client(function: str):
    source = FUNCTIONS / function / "main.py"
    return functions_framework.create_app(function, source, "http").test_client()


@pytest.mark.parametrize("function", CHECKED)
def test_a_call_without_a_token_is_refused_without_a_word(function, checked, capsys):
    reply = client(function).post("/", data=b"no event at all")

    assert (reply.status_code, reply.data) == (401, b"")
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert "not let in: no token" in capsys.readouterr().out


@pytest.mark.parametrize("function", CHECKED)
def test_whether_it_is_alive_anybody_may_ask(function, checked):
    assert client(function).get("/").status_code == 204
