"""From every status that the walk reaches, a rollout comes to its end by itself.

The world here is a small and fair one: writes take effect, pods come up at the next beat where the
release lets them, and a beat comes for as long as the status asks for one.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.domain.analysis import VerdictKind
from shared.domain.canary import CanarySpec
from shared.domain.decide import decide, settled
from shared.domain.effects import Effect, ScaleDown, ScaleUp, SetRoute, WritePrimary
from shared.domain.machine import RESTING, UNDER_WAY, Phase
from shared.domain.observation import Facts, Observation, Pods, Revision, Route, Situation
from shared.domain.schedule import is_pending
from shared.domain.status import Generations, Status
from tests.domain.walk import NEW, NOW, OLD
from tests.domain.walks import SPECS, Found

_BEAT = timedelta(seconds=5)
_EDITED = 45  # a weight that no step has
_ENOUGH = 600  # beats: a deadline of 600 s is 120 of them, and no end waits for more than a few


@dataclass
class Release:
    """How a revision behaves, and what people do: wish it back, write a spec that is refused, give
    the canary pods and traffic by hand, and perhaps take the traffic back.
    """

    verdict: VerdictKind = VerdictKind.PASSED
    comes_up: bool = True
    primary_comes_up: bool = True
    wished: bool = False
    accepted: bool = True
    edited: bool = False
    put_back: bool = False  # the route, before anybody looks


@dataclass
class World:
    """What the effects of a rollout leave behind. It starts with everything as the status asks."""

    status: Status
    spec: CanarySpec
    release: Release
    now: datetime = NOW + timedelta(days=1)
    idle: bool = field(init=False)
    weight: int = field(init=False)
    primary: bool = field(init=False)
    touched: bool = field(init=False)  # the route has a generation that the status does not know
    template: str = field(init=False)  # the revision of the target, which nobody edits

    def __post_init__(self) -> None:
        by_hand = self.release.edited or self.release.put_back
        self.idle = self.status.phase not in UNDER_WAY and not by_hand
        self.touched = self.release.put_back
        asked = _EDITED if self.release.edited else self.status.weight
        self.weight = asked if self.status.routed else -1
        self.primary = bool(self.status.primary_revision)
        self.template = self.status.revision or NEW
        self.status = replace(
            self.status,
            next_tick=self.status.next_tick and self.now,
            waiting_since=self.status.waiting_since and self.now,
            unsettled_since=self.status.unsettled_since and self.now,
            weighed_at=self.status.weighed_at and self.now,
        )

    def beat(self) -> bool:
        """One pass; False where nothing was left to do."""
        self.now += _BEAT
        situation = Situation(
            self.spec,
            self.status,
            self._look(),
            self._facts(),
            self.now,
        )
        decision = decide(situation)
        if not decision.is_saved:
            return False
        self.touched = False
        for effect in decision.effects:
            self._apply(effect)
        self.status = settled(
            decision,
            self.spec.analysis.interval,
            written=Generations(),
            told=decision.status.outbox,
            now=self.now,
        )
        return True

    def _facts(self) -> Facts:
        return Facts(
            generation=self.status.generation,
            generations=self.status.generations,
            target_revision=self.template,
            primary_revision=(self.status.promoted or OLD) if self.primary else "",
            refusal="" if self.release.accepted else "spec.provider",
        )

    def _look(self) -> Observation:
        status = self.status
        return Observation(
            accepted=self.release.accepted,
            wished=self.release.wished,
            canary=self._canary(),
            idle=self.idle,
            revision=self._revision(),
            primary=self._primary(),
            route=Route.AS_ASKED if self.weight == status.weight else Route.OTHER,
            rerouted=self.touched,
            promoted_kept=True,
            target_kept=True,
            unrecorded=self.touched,
            verdict=self.release.verdict,
            due=status.next_tick is None or self.now >= status.next_tick - _BEAT / 2,
            drained=self._is_over(status.weighed_at, self.spec.analysis.drain),
            overdue=status.settled
            and self._is_over(status.waiting_since, self.spec.progress_deadline),
            outlasted=self._is_over(status.waiting_since, self.spec.analysis.interval),
            overdrawn=False,  # every write is taken here
        )

    def _revision(self) -> Revision:
        if self.template == self.status.revision:
            return Revision.SAME
        return Revision.PROMOTED if self.template == self.status.promoted else Revision.NEW

    def _canary(self) -> Pods:
        up = self.release.comes_up or self.status.phase is Phase.INITIALIZING
        return Pods.EMPTY if self.idle or not up else Pods.READY

    def _primary(self) -> Pods:
        if not self.primary:
            return Pods.GONE
        return Pods.READY if self.release.primary_comes_up else Pods.EMPTY

    def _is_over(self, start: datetime | None, span: timedelta) -> bool:
        return start is not None and self.now >= start + span

    def _apply(self, effect: Effect) -> None:
        match effect:
            case ScaleUp():
                self.idle = False
            case ScaleDown():
                self.idle = True
            case SetRoute():
                self.weight = effect.weight
            case WritePrimary():
                self.primary = True
            case _:
                pass


def _end(status: Status, spec: CanarySpec, release: Release) -> World:
    """Beats until nobody waits for one, or for so long that it must have been over."""
    world = World(status, spec, release)
    for _ in range(_ENOUGH):
        worked = world.beat()
        if not worked and not is_pending(world.status):
            break
    return world


def _is_over(world: World) -> bool:
    """Nobody waits, and no pods are left but those that have the traffic."""
    serves = not world.status.initialized or world.weight > 0
    return not is_pending(world.status) and (world.idle or serves)


_JUDGED = [
    name for name, (spec, *_) in SPECS.items() if spec.analysis.metrics and not spec.skip_analysis
]
_RUNS = (Phase.PROGRESSING, Phase.PROMOTING, Phase.FINALISING)


@pytest.mark.walk
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("release", "begun", "ends"),
    [
        pytest.param(Release(), _RUNS, {Phase.SUCCEEDED}, id="healthy"),
        pytest.param(
            Release(verdict=VerdictKind.BREACHED),
            (Phase.PROGRESSING,),
            {Phase.FAILED},
            id="failing",
        ),
        pytest.param(
            Release(verdict=VerdictKind.INCONCLUSIVE),
            (Phase.PROGRESSING,),
            {Phase.FAILED},
            id="never answered",
        ),
        pytest.param(
            Release(comes_up=False), (Phase.PROGRESSING,), {Phase.FAILED}, id="never ready"
        ),
        pytest.param(Release(wished=True), _RUNS, {Phase.FAILED}, id="aborted"),
        pytest.param(
            Release(primary_comes_up=False),
            (Phase.PROMOTING, Phase.FINALISING),
            {Phase.FAILED},
            id="promoted to a primary that never comes up",
        ),
        pytest.param(
            Release(),
            (Phase.INITIALIZING,),
            {Phase.INITIALIZED, Phase.SUCCEEDED},
            id="initializing, and a run where the target is another than the primary",
        ),
        pytest.param(
            Release(edited=True),
            _RUNS,
            {Phase.SUCCEEDED, Phase.FAILED},  # what was measured says nothing of the weight asked
            id="edited by hand",
        ),
        pytest.param(Release(), RESTING, set(RESTING), id="at rest"),
        pytest.param(Release(edited=True), RESTING, set(RESTING), id="edited at rest"),
        pytest.param(Release(put_back=True), RESTING, set(RESTING), id="edited and put back"),
        pytest.param(Release(accepted=False), RESTING, set(RESTING), id="refused at rest"),
        pytest.param(
            Release(accepted=False, edited=True),
            RESTING,
            set(RESTING),
            id="refused at rest, and edited",
        ),
    ],
)
def test_a_rollout_ends_as_its_release_deserves(
    walks: dict[str, Found], release: Release, begun: Any, ends: set[Phase]
) -> None:
    wrong = []
    for name in _JUDGED:
        spec = SPECS[name][0]
        for status in walks[name].statuses:
            if status.phase in begun and (status.phase in RESTING or not status.refused_generation):
                end = _end(status, spec, release)
                if end.status.phase not in ends or not _is_over(end):
                    wrong.append((name, status, end))

    assert not wrong, f"{len(wrong)} do not, the first: {wrong[0]}"
