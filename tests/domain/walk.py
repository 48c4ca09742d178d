"""Walks the machine: every status it can be in, under every observation.

An observation is free: any combination of its classes, whether or not our own effects could have
brought it about. It is chosen lazily, a field at a time, when the rules first ask for it: what no
rule asks for cannot change the outcome, so each path stands for all observations that agree on the
fields it read. That makes the product whole without walking it point by point.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from shared.domain.analysis import VerdictKind
from shared.domain.canary import CanarySpec
from shared.domain.decide import Decision, decide, settled
from shared.domain.machine import Phase
from shared.domain.observation import Observation, Pods, Revision, Route, Situation
from shared.domain.status import Generations, Status

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
OLD, RUN, NEW = "s1:promoted", "s1:run", "s1:new"

_BOTH = (False, True)
_FREE: dict[str, tuple[Any, ...]] = {
    "accepted": (True, False),
    "wished": _BOTH,
    "canary": tuple(Pods),
    "idle": _BOTH,
    "revision": tuple(Revision),
    "primary": tuple(Pods),
    "route": tuple(Route),
    "rerouted": _BOTH,
    # No rule asks for snapshots; where one is missing, an effect more is there to be held wrong.
    "promoted_kept": (False,),
    "target_kept": (False,),
    "unrecorded": _BOTH,
    "verdict": tuple(VerdictKind),
    "due": _BOTH,
    "drained": _BOTH,
    "overdue": _BOTH,
    "outlasted": _BOTH,
    "overdrawn": _BOTH,
}
assert set(_FREE) == {item.name for item in fields(Observation)}


class Choices:
    """One path through the product: repeats a prefix, then takes the first of whatever is asked."""

    def __init__(self, prefix: tuple[int, ...]) -> None:
        self._prefix = prefix
        self.taken: list[tuple[int, int]] = []  # the index taken, of how many

    def take(self, options: tuple[Any, ...]) -> Any:
        at = len(self.taken)
        index = self._prefix[at] if at < len(self._prefix) else 0
        self.taken.append((index, len(options)))
        return options[index]

    def next_prefix(self) -> tuple[int, ...] | None:
        """The next path in order; None after the last."""
        taken = list(self.taken)
        while taken and taken[-1][0] + 1 == taken[-1][1]:
            taken.pop()
        if not taken:
            return None
        return (*(index for index, _ in taken[:-1]), taken[-1][0] + 1)


class Some:
    """A member of an enum that is known as far as the rules have asked: one of `left`."""

    def __init__(self, members: tuple[Any, ...], choices: Choices) -> None:
        self.left, self._choices = members, choices

    def __getattr__(self, claim: str) -> bool:
        """A property of the member: chosen where those that are left differ in it, and kept."""
        true, false = _parted(self.left, claim)
        holds = bool(true)
        if true and false:
            holds = self._choices.take(_BOTH)
            self.left = true if holds else false
        setattr(self, claim, holds)
        return holds


@cache
def _parted(members: tuple[Any, ...], claim: str) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Those of which it holds, and the others."""
    true = tuple(member for member in members if getattr(member, claim))
    return true, tuple(member for member in members if member not in true)


_PARTLY = ("canary", "primary", "route")


class Look:
    """An Observation whose fields are chosen when they are read."""

    def __init__(self, status: Status, choices: Choices, *, refusals: bool) -> None:
        self._status, self._choices, self._refusals = status, choices, refusals
        self.read: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        members = self._options(name)
        partly = name in _PARTLY
        self.read[name] = Some(members, self._choices) if partly else self._choices.take(members)
        setattr(self, name, self.read[name])
        return self.read[name]

    def _options(self, name: str) -> tuple[Any, ...]:
        """What an object cannot be and a time cannot say is left out; all else is free."""
        if name == "idle":
            return self._idle()
        if name == "revision":
            return self._revisions()
        if self._never(name):
            return (False,)
        return (True,) if self._always(name) else _FREE[name]

    def _never(self, name: str) -> bool:
        status = self._status
        impossible = {
            "drained": status.weighed_at is None,
            "overdue": status.waiting_since is None or not status.settled,
            "outlasted": status.waiting_since is None,
            "overdrawn": status.unsettled_since is None,
            "rerouted": self.read.get("unrecorded") is False,
        }
        return impossible.get(name, False)

    def _always(self, name: str) -> bool:
        certain = {
            "accepted": not self._refusals,
            "due": self._status.next_tick is None,
            "unrecorded": self.read.get("rerouted") is True,
        }
        return certain.get(name, False)

    def _revisions(self) -> tuple[Revision, ...]:
        status = self._status
        if not status.revision:
            return (Revision.NEW,)
        if status.promoted in ("", status.revision):
            return (Revision.SAME, Revision.NEW)
        return tuple(Revision)

    def _idle(self) -> tuple[bool, ...]:
        """A target that is gone is asked for nothing; one with ready pods is asked for some."""
        if self.canary.gone:
            return (True,)
        return (False,) if self.canary.alive or self.canary.unread else _BOTH


class LazyFacts:
    """Facts whose revisions follow the look, and whose generation is the status's or the next."""

    def __init__(self, status: Status, look: Look) -> None:
        self._status, self._look = status, look
        self.generations = Generations()
        self.refusal = "spec.service.mesh: not supported"
        self.waiting_for = "app-primary.shop not ready: not found"
        self.wish = "errors (ops)"
        self.verdict = "Halt app.shop advancement success rate 10.00% < 99%"
        self.target_image = self.primary_image = self.promoted_image = "app:1"
        self._generation = 0

    @property
    def generation(self) -> int:
        if not self._generation:
            self._generation = self._look._choices.take((1, 2))
        return self._generation

    @property
    def target_revision(self) -> str:
        named = {
            Revision.SAME: self._status.revision,
            Revision.PROMOTED: self._status.promoted,
            Revision.NEW: NEW,
        }
        return named[self._look.revision]

    @property
    def primary_revision(self) -> str:
        if self._look.primary.gone:
            return ""
        return self._status.promoted or OLD


@dataclass(frozen=True)
class Edge:
    """One decision: where from, what of the look it read, and what it came to."""

    spec: CanarySpec
    status: Status
    look: Look
    decision: Decision


def edges(spec: CanarySpec, status: Status, *, refusals: bool = True) -> Iterator[Edge]:
    """Every decision that can be made of a status."""
    prefix: tuple[int, ...] | None = ()
    while prefix is not None:
        choices = Choices(prefix)
        yield _edge(spec, status, choices, refusals)
        prefix = choices.next_prefix()


def _edge(spec: CanarySpec, status: Status, choices: Choices, refusals: bool) -> Edge:
    look = Look(status, choices, refusals=refusals)
    situation: Any = Situation(
        spec,
        status,
        look,  # type: ignore[arg-type]  # reads as an Observation
        LazyFacts(status, look),  # type: ignore[arg-type]  # reads as Facts
        NOW,
    )
    return Edge(spec, status, look, decide(situation))


def followers(edge: Edge) -> tuple[Status, Status]:
    """What the status may be after: left unsettled by a crash or a refused write, or settled."""
    decision = edge.decision
    whole = settled(
        decision,
        edge.spec.analysis.interval,
        written=decision.status.generations,
        told=decision.status.outbox,
        now=NOW,
    )
    return canonical(decision.status), canonical(whole)


def canonical(status: Status) -> Status:
    """The status without what no rule can tell apart: numbers, texts, and which time it was."""

    def some(time: datetime | None) -> datetime | None:
        return NOW if time else None

    names = {status.promoted: OLD, "": ""}
    run = names.get(status.revision, RUN)
    primary = OLD if status.primary_revision == status.promoted else RUN
    return replace(
        status,
        revision=run,
        promoted=OLD if status.promoted else "",
        previous="",
        primary_revision=primary if status.primary_revision else "",
        since=None,
        conditions=(),
        decision=1,
        decided_at=NOW,
        settled_at=some(status.settled_at),
        unsettled_since=some(status.unsettled_since),
        unsettled_reason="",
        generations=Generations(),
        generation=1,
        target_revision="",
        started_at=None,
        weighed=1 if status.weighed else 0,
        weighed_at=some(status.weighed_at),
        waiting_since=some(status.waiting_since),
        refused_generation=min(status.refused_generation, 1),
        refusal="",
        next_tick=some(status.next_tick),
        outbox=(),
    )


@dataclass
class Walk:
    """All statuses that can be reached, and what was found on the way."""

    states: set[Status] = field(default_factory=set)
    edges: int = 0
    cells: set[tuple[Phase, Any]] = field(default_factory=set)


def walk(specs: tuple[CanarySpec, ...], visit: Callable[[Edge], None]) -> Walk:
    """Visits every edge. Several specs are one Canary that is edited: any may follow any.

    Where a spec is edited so, it is not refused as well: the walks of single specs do that.
    """
    done = Walk()
    todo = [Status()]
    while todo:
        status = todo.pop()
        if status in done.states:
            continue
        done.states.add(status)
        after: dict[object, Edge] = {}
        for spec in specs:
            for edge in edges(spec, status, refusals=len(specs) == 1):
                done.edges += 1
                done.cells.add((status.phase, edge.decision.signal))
                visit(edge)
                if edge.decision.is_saved:
                    after[edge.decision.status, edge.decision.difference, edge.decision.late] = edge
        todo += [status for edge in after.values() for status in followers(edge)]
    return done
