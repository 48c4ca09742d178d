"""What is told about a canary: kinds of notes, in Flagger's words where Flagger has them."""

from dataclasses import dataclass
from enum import StrEnum

from shared.domain.status import Note


class Kind(StrEnum):
    """Each is one Kubernetes Event, and for some a CloudEvent too."""

    ABSENT = "Absent"
    SUSPENDED = "Suspended"
    REFUSED = "Refused"
    INITIALIZED = "Initialized"
    DETECTED = "Detected"
    RESTARTED = "Restarted"
    RETURNED = "Returned"
    STARTING = "Starting"
    ADVANCED = "Advanced"
    HALTED = "Halted"
    INCONCLUSIVE = "Inconclusive"
    WAITING = "Waiting"
    NO_PODS = "NoPods"
    EMPTIED = "Emptied"
    RESUMED = "Resumed"
    COPYING = "Copying"
    PRIMARY_ADVANCED = "PrimaryAdvanced"
    ROUTING = "Routing"
    PROMOTED = "Promoted"
    SKIPPED = "Skipped"
    EXHAUSTED = "Exhausted"
    WITHDRAWN = "Withdrawn"
    EXPIRED = "Expired"
    UNSETTLED = "Unsettled"
    PROMOTION_FAILED = "PromotionFailed"
    FAILED = "Failed"
    STRANDED = "Stranded"
    DROPPED = "Dropped"
    PROMOTION_REFUSED = "PromotionRefused"


_NORMAL = "Normal"
_WARNING = "Warning"

# {c} canary.namespace, {t} target.namespace, {p} primary.namespace, {0}, {1} the note's arguments
_TEXTS: dict[Kind, tuple[str, str]] = {
    Kind.ABSENT: (_WARNING, "deployment {t} get query error: not found"),
    Kind.SUSPENDED: (_NORMAL, "skipping canary run as object is suspended"),
    Kind.REFUSED: (_WARNING, "{c} is not run: {0}"),
    Kind.INITIALIZED: (_NORMAL, "Initialization done! {c}"),
    Kind.DETECTED: (_NORMAL, "New revision detected! Scaling up {t}"),
    Kind.RESTARTED: (_NORMAL, "New revision detected! Restarting analysis for {t}"),
    Kind.RETURNED: (_NORMAL, "{t} is back at the promoted revision: the run ends here"),
    Kind.STARTING: (_NORMAL, "Starting canary analysis for {t}"),
    Kind.ADVANCED: (_NORMAL, "Advance {c} canary weight {0}"),
    Kind.HALTED: (_WARNING, "{0}"),
    Kind.INCONCLUSIVE: (_WARNING, "Halt {c} advancement no verdict: {0}"),
    Kind.WAITING: (_WARNING, "{0}"),
    Kind.NO_PODS: (_WARNING, "{c}: neither {p} nor {t} has a ready pod, the traffic stays"),
    Kind.EMPTIED: (_WARNING, "{0} has no ready pod: its traffic goes to the other until it has"),
    Kind.RESUMED: (_NORMAL, "Resume {c} canary weight {0}"),
    Kind.COPYING: (_NORMAL, "Copying {t} template spec to {p}"),
    Kind.PRIMARY_ADVANCED: (_NORMAL, "Advance {c} primary weight {0}"),
    Kind.ROUTING: (_NORMAL, "Routing all traffic to primary"),
    Kind.PROMOTED: (_NORMAL, "Promotion completed! Scaling down {t}"),
    Kind.SKIPPED: (_NORMAL, "Promotion completed! Canary analysis was skipped for {t}"),
    Kind.EXHAUSTED: (_WARNING, "Rolling back {c} failed checks threshold reached {0}"),
    Kind.WITHDRAWN: (_WARNING, "Rolling back {c} {0}"),
    Kind.EXPIRED: (_WARNING, "Rolling back {c} {0}"),
    Kind.UNSETTLED: (_WARNING, "{c}: the last decision is not in force: {0}"),
    Kind.PROMOTION_FAILED: (_WARNING, "Promotion of {t} failed, {0}"),
    Kind.FAILED: (_WARNING, "Canary failed! Scaling down {c}"),
    Kind.STRANDED: (_WARNING, "{c}: {p} does not come up with the promoted revision, {0}"),
    Kind.PROMOTION_REFUSED: (_WARNING, "{0}"),
    Kind.DROPPED: (_WARNING, "{c}: could not tell {0}"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """Who a text is about."""

    namespace: str
    canary: str
    target: str


def is_known(note: Note) -> bool:
    """Whether it can be told: a status may hold notes of a later version of Spillway."""
    return note.kind in _TEXTS


def text_of(note: Note, names: Names) -> tuple[str, str]:
    """The type (Normal or Warning) and the message of the Kubernetes Event of a known note."""
    severity, template = _TEXTS[Kind(note.kind)]
    arguments = [*note.arguments, "", ""]
    places = {
        "{c}": f"{names.canary}.{names.namespace}",
        "{t}": f"{names.target}.{names.namespace}",
        "{p}": f"{names.target}-primary.{names.namespace}",
        "{0}": arguments[0],
        "{1}": arguments[1],
    }
    for place in ("{c}", "{t}", "{p}", "{0}"):  # the foreign text last: it is never looked into
        template = template.replace(place, places[place])
    return severity, template
