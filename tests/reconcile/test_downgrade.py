"""A status that a later version of Spillway wrote: what this one cannot read, it leaves unsaid."""

from shared.domain.fields import Json, at, mapping
from tests.reconcile.outside import Life
from tests.reconcile.stories import STORIES, beginning
from tests.reconcile.world import Tick, deliver


def test_a_note_of_an_unknown_kind_is_dropped_and_ends_nobodys_tick(capsys):
    world = beginning(STORIES["good"])
    note: Json = {"decision": 1, "at": "2026-03-01T12:00:00Z", "kind": "Teleported"}
    canary = mapping(world.cluster.read(world.names.canary))
    block = {**mapping(canary, "status", "spillway"), "outbox": [note]}
    status = {**mapping(canary, "status"), "spillway": block}
    world.cluster.replace(f"{world.names.canary}/status", {**canary, "status": status})

    assert deliver(world, Tick(sweep=True), Life())

    assert not at(world.status, "spillway", "outbox")
    assert "Teleported" in capsys.readouterr().out
