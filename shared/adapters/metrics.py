"""Asks the metrics servers what a pass wants to know: all of them at once, none for too long."""

import time
from collections.abc import Sequence
from concurrent.futures import Executor, wait
from urllib.parse import urlsplit

from shared.adapters import prometheus
from shared.domain import addresses, promql
from shared.domain.analysis import Answer, Question, Unanswered
from shared.domain.promql import Query

_AT_ONCE = 4  # queries to one server: one that hangs leaves the pool's other threads to the rest
_PORTS = {"http": 80, "https": 443}


def gather(
    questions: Sequence[Question], *, deadline: float, pool: Executor
) -> dict[Question, Answer]:
    """The answers to all questions. What is not there after `deadline` seconds is Unanswered.

    With a thread for each server, none of them waits for one that hangs.
    """
    ends = time.monotonic() + deadline
    queries = promql.plan(questions)
    late = Unanswered(f"no answer within {deadline:g} s")
    found = promql.answers(queries, [late] * len(queries))

    def ask_in_turn(lane: Sequence[Query]) -> None:
        for query in lane:
            found.update(_answers(query, ends))

    lanes = [pool.submit(ask_in_turn, lane) for lane in _lanes(queries)]
    done, late_lanes = wait(lanes, timeout=deadline)
    for lane in late_lanes:
        lane.cancel()
    for lane in done:
        lane.result()
    return dict(found)  # a late lane may still be writing


def _lanes(queries: Sequence[Query]) -> list[list[Query]]:
    """The queries by server, dealt out to as many lanes as may ask it at once; each server has its
    first lane before any has its second.
    """
    of_server: dict[tuple[str, int], list[Query]] = {}
    for query in queries:
        of_server.setdefault(_place(query.server), []).append(query)
    return [
        asked[lane::_AT_ONCE]
        for lane in range(_AT_ONCE)
        for asked in of_server.values()
        if lane < len(asked)
    ]


def _place(url: str) -> tuple[str, int]:
    """Host and port: however it is written and whatever path follows, a server that hangs hangs."""
    if addresses.flaw(url):
        return url, 0  # never asked
    server = urlsplit(url)
    return (server.hostname or "").rstrip("."), server.port or _PORTS[server.scheme]


def _answers(query: Query, ends: float) -> dict[Question, Answer]:
    """Its questions' answers. What is too long is asked for again in halves, so that only those go
    without an answer whose own is.
    """
    result = prometheus.ask(query, ends)
    halves = promql.halves(query) if result == prometheus.TOO_LONG else ()
    if not halves:
        return promql.answers((query,), (result,))
    return {asked: answer for half in halves for asked, answer in _answers(half, ends).items()}
