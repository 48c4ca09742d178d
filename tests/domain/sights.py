"""What a look brings back of a canary that is settled, and changes to that; see `situations`."""

from typing import Any

from shared.domain import workload
from shared.domain.fields import Object, mapping
from shared.domain.observation import Situation
from shared.domain.observe import Moment, observe
from shared.domain.ownership import Owner
from shared.domain.plan import shares
from shared.domain.primary import primary_object
from shared.domain.revision import revision_of
from shared.domain.routes import virtual_service
from shared.domain.seen import Seen
from shared.domain.subject import Request, Subject, effective_spec
from shared.domain.workload import Workload
from tests.domain.situations import BEAT, NOW, a_spec, a_status
from tests.domain.workloads import target, template

OWNER = Owner("shop", "cart", "uid-1")
TARGET = target()
BEFORE = template(containers=[{"name": "cart", "image": "cart:0"}])
RUN, PROMOTED = revision_of(TARGET.template), revision_of(BEFORE)


def a_primary(template: Object = BEFORE, /, **status: Any) -> Workload:
    """The primary, with all of its two pods."""
    made = primary_object(TARGET, template, revision_of(template), OWNER, replicas=2)
    full = {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2}
    full = {**full, "readyReplicas": 2, "availableReplicas": 2, **status}
    return workload.from_object({**_at_first(made), "status": full})


def a_route(weight: int, owner: Owner = OWNER) -> Object:
    """The route at a weight, as Spillway writes it."""
    spec = a_spec()
    return _at_first(virtual_service(spec, owner, shares(spec.service, weight)))


def _at_first(made: Object) -> Object:
    return {**made, "metadata": {**mapping(made, "metadata"), "generation": 1}}


def a_subject(*, spec: Any = None, generation: int = 1, **status: Any) -> Subject:
    """A canary at 20 %, whose run is that of the target's template."""
    known = {"revision": RUN, "promoted": PROMOTED, "target_revision": "", **status}
    return Subject(OWNER, generation, "12", "cart", spec or a_spec(), a_status(**known))


def a_sight(**seen: Any) -> Seen:
    """Everything is there, ready, and routed at 20 %."""
    return Seen(**{"target": TARGET, "primary": a_primary(), "route": a_route(20), **seen})


def observed(
    subject: Subject | None = None, *, request: Request | None = None, **seen: Any
) -> Situation:
    """What a pass at NOW makes of a sight with these objects."""
    subject = subject or a_subject()
    return observe(
        subject,
        a_sight(**seen),
        spec=effective_spec(subject) or a_spec(),
        moment=Moment(NOW, BEAT),
        request=request or Request(),
    )
