"""Every difference between what Flagger did and what Spillway does, and why."""

from tests.flagger.comparison import ABSENT, ANYTHING, Field, Lines, Reason
from tests.flagger.recording import Moment, spoken

SCENARIOS = (
    "weights",
    "step-weights",
    "overshoot",
    "skip",
    "superseded",
    "reverted",
    "suspended",
    "never-ready",
)
_ANALYSED = tuple(name for name in SCENARIOS if name != "skip")
_ALL = ("*",)

_FIRST = Reason(
    "Initialisation drains",
    "The primary is made in the first pass, and the route is written as soon as the primary is "
    "ready; the target is scaled down only `analysis.drainSeconds` after that. Flagger writes the "
    "route and scales the target down in one pass, and requests on their way to the target's pods "
    "can fail.",
)
_PATIENT = Reason(
    "skipAnalysis waits for the primary",
    "With `skipAnalysis` too, the target keeps its pods until the primary is ready, and the phase "
    "says so: Promoting, then Finalising. Flagger goes from Progressing to Succeeded at once, and "
    "scales the target down while the primary may have no ready pod: at a promotion, and at "
    "initialisation before it has any.",
)
_AT_ONCE = Reason(
    "The traffic goes back in the pass that reaches the threshold",
    "Flagger counts the last failed check in one pass and takes the traffic off the canary in the "
    "next one, an interval later. Spillway does both in one, so `failedChecks` never shows the "
    "threshold itself.",
)
_DRAIN = Reason(
    "Failed comes first, the scale-down after the drain",
    "A canary that failed is Failed in the pass that takes its traffic. Its pods go "
    "`analysis.drainSeconds` (ours; 10 by default, 0 allowed) later, so that requests on their way "
    "to them are answered. Flagger scales them down in the same moment. Where somebody gives them "
    "traffic meanwhile, the route is put right, and the drain begins anew.",
)
_ONE_WAIT = Reason(
    "A wait is told when it outlasts an interval",
    "A workload that is not ready yet is told once, and only after it was not ready for an "
    "interval. Flagger tells it in every pass, and of a primary that it has made a moment before.",
)
_NO_PROBE = Reason(
    "No Event about metrics providers",
    "Flagger asks the metrics server whether it is there when a canary is initialised, and tells "
    "the answer. Spillway asks it when there is something to judge: that it answered once promises "
    "nothing for the releases to come.",
)
_WHY = Reason(
    "A deadline is told",
    "A rollback because the canary did not become ready in time is told with what was missing. "
    "Flagger only tells that the canary failed.",
)
_RETURN = Reason(
    "Back to the promoted revision",
    "A target that goes back to the promoted template in mid-run ends the run: weight 0, drain, "
    "scale-down, Succeeded, with an Event that says why. Flagger does not notice. It promotes the "
    "old template on the evidence of the new one, and then runs a whole analysis of the template "
    "that it runs already.",
)
_HASH = Reason(
    "Revisions have another hash",
    "`lastAppliedSpec` and `lastPromotedSpec` are `s1:` and a SHA-256 of the pod template's "
    "canonical JSON. Flagger's hash follows from Go's structs and changes with its libraries, "
    "which starts every canary anew.",
)
_MEMORY = Reason(
    "status.spillway",
    "What Spillway has decided, what it is for and when it is due stands in `status.spillway`, "
    "beside Flagger's fields. Flagger keeps that in its process, and after a restart reads it from "
    "the route.",
)
_SNAPSHOTS = Reason(
    "Snapshots",
    "The pod template of a run and the last two promoted ones are kept as ControllerRevisions, "
    "owned by the Canary. What is promoted is what was analysed, and there is something to go back "
    "to; Flagger copies whatever the target is at that moment.",
)
_STAMP = Reason(
    "Primary and route say which decision wrote them",
    "The VirtualService, and a primary since its first promotion, bear the annotation "
    "`spillway.dev/decision`: each write moves their generation, even one that changes nothing "
    "else, so that a slower, older pass fails instead of undoing a newer one.",
)
_CONFIGS = Reason(
    "ConfigMaps and Secrets are shared",
    "Primary and canary use the same ConfigMaps and Secrets, and a change of one starts no run: "
    "config tracking is not there yet. There is no `trackedConfigs`, as in a Flagger with "
    "`-enable-config-tracking=false`.",
)


def _canary(phase: str, weight: int = 0, failed: int = 0) -> str:
    state = {"phase": phase, "canaryWeight": weight, "failedChecks": failed, "iterations": 0}
    return spoken("Canary", "app", state)


def _route(weight: int) -> str:
    rule = (("app-primary", 100 - weight), ("app-canary", weight))
    return spoken("VirtualService", "app", (rule,))


def _target(replicas: int, image: str) -> str:
    return spoken("Deployment", "app", {"replicas": replicas, "image": image})


def _primary(image: str) -> str:
    return spoken("Deployment", "app-primary", {"replicas": 2, "image": image})


def _moment(*lines: str) -> Moment:
    return tuple(sorted(lines))


_SEEN = _moment(_target(2, "app:1"), _canary("Initializing"))
_MADE = _moment(*_SEEN, _primary("app:1"))
_IN_ORDER = (
    _MADE,
    _moment(_route(0)),
    _moment(_target(0, "app:1"), _canary("Initialized")),
)
_AT_WEIGHT = {
    weight: _moment(_canary("Progressing", weight), _route(weight)) for weight in (20, 40, 60)
}

MOMENTS = (
    Lines(
        _FIRST,
        _ANALYSED,
        (
            _SEEN,
            _moment(_primary("app:1")),
            _moment(_target(0, "app:1"), _canary("Initialized"), _route(0)),
        ),
        _IN_ORDER,
    ),
    Lines(
        _PATIENT,
        ("skip",),
        (
            _SEEN,
            _moment(_primary("app:1"), _target(0, "app:1"), _canary("Initialized"), _route(0)),
        ),
        _IN_ORDER,
    ),
    Lines(
        _PATIENT,
        ("skip",),
        (_moment(_primary("app:2"), _target(0, "app:2"), _canary("Succeeded")),),
        (
            _moment(_primary("app:2"), _canary("Promoting")),
            _moment(_canary("Finalising")),
            _moment(_target(0, "app:2"), _canary("Succeeded")),
        ),
    ),
    Lines(
        _AT_ONCE,
        ("weights",),
        (_moment(_canary("Progressing", 20, failed=2)),),
        (),
    ),
    Lines(
        _DRAIN,
        ("weights",),
        (_moment(_canary("Failed"), _route(0), _target(0, "app:3")),),
        (_moment(_canary("Failed"), _route(0)), _moment(_target(0, "app:3"))),
    ),
    Lines(
        _DRAIN,
        ("never-ready",),
        (_moment(_canary("Failed"), _target(0, "app:1")),),
        (_moment(_canary("Failed")), _moment(_target(0, "app:1"))),
    ),
    Lines(
        _RETURN,
        ("reverted",),
        (
            _moment(_target(2, "app:1")),
            _AT_WEIGHT[60],
            _moment(_canary("Promoting", 60)),
            _moment(_canary("Finalising"), _route(0)),
            _moment(_target(0, "app:1"), _canary("Succeeded")),
            _moment(_target(2, "app:1"), _canary("Progressing")),
            _AT_WEIGHT[20],
            _AT_WEIGHT[40],
            _AT_WEIGHT[60],
            _moment(_canary("Promoting", 60)),
        ),
        (
            _moment(_target(2, "app:1")),
            _moment(_canary("Finalising"), _route(0)),
            _moment(_target(0, "app:1"), _canary("Succeeded")),
        ),
    ),
)

_NOT_READY = "not ready: waiting for rollout to finish:"
_UNREADY = (
    f"canary deployment app.never-ready {_NOT_READY} "
    "0 of 2 (readyThreshold 100%) updated replicas are available"
)

EVENTS = (
    Lines(_NO_PROBE, _ANALYSED, ("Normal Synced all the metrics providers are available!",), ()),
    *(
        Lines(
            _ONE_WAIT,
            (name,),
            (
                f"Warning Synced app-primary.{name} {_NOT_READY} "
                "observed deployment generation less than desired generation",
            ),
            (),
        )
        for name in _ANALYSED
    ),
    Lines(
        _WHY,
        ("never-ready",),
        ("Warning Synced Canary failed! Scaling down app.never-ready",),
        (
            f"Warning Synced Rolling back app.never-ready {_UNREADY}",
            "Warning Synced Canary failed! Scaling down app.never-ready",
        ),
    ),
    Lines(
        _RETURN,
        ("reverted",),
        (
            "Normal Synced Advance app.reverted canary weight 60",
            "Normal Synced Copying app.reverted template spec to app-primary.reverted",
            "Normal Synced Routing all traffic to primary",
        ),
        ("Normal Synced app.reverted is back at the promoted revision: the run ends here",),
    ),
)

_ENDED = ("reverted/after-2",)
_STAMPED = (
    "weights/after-[12]",
    "step-weights/after-1",
    "overshoot/after-1",
    "skip/after-1",
    "superseded/after-2",
    "suspended/after-3",
)

FIELDS = (
    Field(_HASH, _ALL, "Canary/app status.last*Spec hash", "Flagger's", "s1: and 40 digits"),
    Field(_MEMORY, _ALL, "Canary/app status.spillway.*", ABSENT, ANYTHING),
    Field(_SNAPSHOTS, _ALL, "ControllerRevision/app-*", ABSENT, ANYTHING),
    Field(_CONFIGS, _ALL, "Canary/app status.trackedConfigs", "{}", ABSENT),
    Field(
        _STAMP,
        _ALL,
        "VirtualService/app metadata.annotations.spillway.dev/decision",
        ABSENT,
        ANYTHING,
    ),
    Field(
        _STAMP,
        _STAMPED,
        "Deployment/app-primary metadata.annotations.spillway.dev/decision",
        ABSENT,
        ANYTHING,
    ),
    Field(_RETURN, _ENDED, "Canary/app status.phase", '"Promoting"', '"Succeeded"'),
    Field(_RETURN, _ENDED, "Canary/app status.canaryWeight", "60", "0"),
    Field(_RETURN, _ENDED, "Canary/app status.lastPromotedSpec", '"number 2"', '"number 1"'),
    Field(_RETURN, _ENDED, "Canary/app status.conditions.0.*", ANYTHING, ANYTHING),
    Field(_RETURN, _ENDED, "Canary/app status.lastTransitionTime", '"time 2"', '"time 1"'),
    Field(_RETURN, _ENDED, "Deployment/app spec.replicas", "2", "0"),
    Field(_RETURN, _ENDED, "VirtualService/app spec.http.0.route.?.weight", ANYTHING, ANYTHING),
    Field(
        _RETURN,
        _ENDED,
        "Deployment/app-primary spec.template.metadata.annotations.flagger-id",
        '"number 2"',
        '"number 1"',
    ),
    # a promotion leaves none of the target's annotations on the primary; here there was none
    Field(_RETURN, _ENDED, "Deployment/app-primary metadata.annotations.*", ABSENT, ANYTHING),
)

_KNOWN: tuple[Lines | Field, ...] = (*MOMENTS, *EVENTS, *FIELDS)
REASONS = tuple(dict.fromkeys(known.reason for known in _KNOWN))
