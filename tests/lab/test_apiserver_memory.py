"""The embedded API server: what it remembers of an earlier life, and what a kill cannot spoil."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.apiserver import journal, server
from infra.local.apiserver.server import Server
from tests.lab.raw_http import CANARIES, CRDS, MAPS, ask, canary, config_map

pytestmark = pytest.mark.loopback

Life = Callable[[Callable[[Server], object]], object]
_OURS = Path(__file__).parents[2] / "infra" / "crds"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "objects.jsonl"


@pytest.fixture
def life(file: Path) -> Life:
    """A server that lives while something is done with it, and remembers."""

    def lived(act: Callable[[Server], object]) -> object:
        running = server.start(memory=file)
        try:
            running.install(server.manifests(_OURS))
            return act(running)
        finally:
            running.stop()

    return lived


def _put(name: str, **labels: str) -> Callable[[Server], object]:
    return lambda running: ask(running, "POST", MAPS, config_map(name, **labels)).body


def _get(path: str) -> Callable[[Server], object]:
    return lambda running: ask(running, "GET", path).body


def test_objects_survive_a_restart_as_they_were(life: Life) -> None:
    made = life(_put("one"))

    assert life(_get(f"{MAPS}/one")) == made


def test_custom_objects_survive_with_their_kind(life: Life) -> None:
    made = life(lambda running: ask(running, "POST", CANARIES, canary()).body)

    assert life(_get(f"{CANARIES}/web")) == made


def test_what_was_deleted_stays_away(life: Life) -> None:
    life(_put("one"))
    life(lambda running: ask(running, "DELETE", f"{MAPS}/one"))

    assert life(lambda running: ask(running, "GET", f"{MAPS}/one").code) == 404


def test_versions_go_on_rising(life: Life) -> None:
    def version(running: Server) -> int:
        return int(ask(running, "GET", MAPS).body["metadata"]["resourceVersion"])

    life(_put("one"))
    life(lambda running: ask(running, "DELETE", f"{MAPS}/one"))
    before = life(version)
    made = life(lambda running: ask(running, "POST", MAPS, config_map("two")).body)

    assert int(made["metadata"]["resourceVersion"]) == before + 1  # type: ignore[index, operator]


def test_a_watch_from_an_earlier_life_has_to_list_again(life: Life) -> None:
    def watched(running: Server) -> object:
        path = f"{MAPS}?watch=1&timeoutSeconds=1&resourceVersion=1"
        return ask(running, "GET", path).body

    life(_put("one"))

    event = life(watched)

    assert event["type"] == "ERROR"  # type: ignore[index]
    assert event["object"]["code"] == 410  # type: ignore[index]


def test_dependents_still_go_with_their_owner(life: Life) -> None:
    def make(running: Server) -> object:
        owner = ask(running, "POST", MAPS, config_map("owner")).body
        reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner"}
        dependent = config_map("dependent")
        dependent["metadata"]["ownerReferences"] = [reference | {"uid": owner["metadata"]["uid"]}]
        return ask(running, "POST", MAPS, dependent)

    life(make)
    life(lambda running: ask(running, "DELETE", f"{MAPS}/owner"))

    assert life(lambda running: ask(running, "GET", f"{MAPS}/dependent").code) == 404


def test_a_line_that_was_half_written_is_no_write(life: Life, file: Path) -> None:
    life(_put("one"))
    with file.open("ab") as torn:
        torn.write(b'{"kind":["","configmaps"],"object":{"metadata":{"na')

    assert life(_get(MAPS))["items"][0]["metadata"]["name"] == "one"  # type: ignore[index]


def test_a_definition_is_brought_up_to_date(life: Life, file: Path) -> None:
    path = f"{CRDS}/canaries.flagger.app"
    life(lambda running: None)
    outdated = file.read_text().replace("A workload whose new versions", "Something whose")
    file.write_text(outdated)

    found = life(_get(path))

    assert "Something whose" in outdated
    assert "Something whose" not in json.dumps(found)


def test_the_file_does_not_grow_without_end(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "_SPARE", 10_000)
    running = server.start(memory=file)
    try:
        ask(running, "POST", MAPS, config_map("one"))
        for number in range(200):
            ask(running, "PUT", f"{MAPS}/one", config_map("one", number=str(number)))
    finally:
        running.stop()

    assert file.stat().st_size < 20_000
    assert journal.read(file).objects[-1][1]["metadata"]["labels"] == {"number": "199"}
