"""One release in the lab, from the webhook to the end, and whether it went as it should."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from infra.local import promote
from infra.local.lab import Lab
from infra.local.load import Counts, Load
from infra.local.processes import Failed
from infra.local.watching import Watching

HOST = "croc-hunter.istio.example.com"
_POLL_SECONDS = 0.1
_LIVE_SECONDS = 2.0  # within which the mesh promises that a written route is live
_AFTERWARDS = 200  # requests
_AFTERWARDS_RATE = 200.0  # per second
_RUNNING = "Progressing"
_ENDS = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a release. Counts are from the webhook to the end."""

    version: str
    phase: str
    weight: int
    seconds: float
    counts: Counts
    messages: tuple[str, ...]
    afterwards: Counts


def play(
    lab: Lab, seen: Watching, load: Load, version: str, *, limit: float, look: Callable[[], None]
) -> Outcome:
    """Promotes a version, and waits until it is at rest: ended, and its pods gone."""
    begun, before = time.monotonic(), load.snapshot()
    stands, told = len(seen.stands), len(seen.messages)
    now = datetime.now(UTC)
    said = promote.promotion(version, now)
    status, answer = promote.send(lab.ports.webhook, lab.secret.read_bytes(), said, now)
    if status != 202:
        raise Failed(f"the webhook answered {status} to {version}: {answer}")
    wait(lambda: is_at_rest(seen, stands), limit=limit, look=look)
    counts = load.snapshot().since(before)
    seconds = time.monotonic() - begun
    return Outcome(
        version=version,
        phase=seen.stand.phase,
        weight=seen.stand.weight,
        seconds=seconds,
        counts=counts,
        messages=tuple(seen.messages[told:]),
        afterwards=_afterwards(lab),
    )


def is_at_rest(seen: Watching, since: int) -> bool:
    """Whether a run that began after so many changes of the status has ended, pods included."""
    ran = any(stand.phase == _RUNNING for stand in seen.stands[since:])
    return ran and seen.stand.phase in _ENDS and seen.stand.settled and seen.pods == 0


def wait(
    holds: Callable[[], bool], *, limit: float, look: Callable[[], None] = lambda: None
) -> bool:
    """Waits until something holds, looking about meanwhile; false where it never did."""
    end = time.monotonic() + limit
    while not holds():
        if time.monotonic() > end:
            return False
        look()
        time.sleep(_POLL_SECONDS)
    return True


def faults(good: Outcome, bad: Outcome, old: str) -> tuple[str, ...]:
    """What is not as it should be after a good and a bad release."""
    found = [
        (good.phase != "Succeeded", f"{good.version} ended {good.phase}"),
        (good.counts.failed > 0, f"{good.version}: {good.counts.failed} requests failed"),
        (bad.phase != "Failed", f"{bad.version} ended {bad.phase}"),
        (bad.weight != 0, f"{bad.version} has {bad.weight} % of the traffic"),
        (
            set(bad.afterwards.versions) != {old} or bad.afterwards.requests < _AFTERWARDS,
            f"after the end of {bad.version}: {dict(bad.afterwards.versions)}",
        ),
        (bad.afterwards.failed > 0, f"after the end of {bad.version}: failed requests"),
    ]
    return tuple(text for is_wrong, text in found if is_wrong)


def route_faults(routes: Sequence[tuple[int, ...]]) -> tuple[str, ...]:
    """Rules whose weights do not sum to 100, and that there was no rule at all."""
    wrong = tuple(f"a route of {weights}" for weights in routes if sum(weights) != 100)
    return wrong if routes else ("no route was ever seen",)


def _afterwards(lab: Lab) -> Counts:
    """The answers to the next requests, sent once the last route must be live."""
    time.sleep(_LIVE_SECONDS)
    load = Load(lab.ports.gateway, HOST, _AFTERWARDS_RATE)
    load.start()
    wait(lambda: load.snapshot().requests >= _AFTERWARDS, limit=10.0)
    load.stop()
    return load.snapshot()
