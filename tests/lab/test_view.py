"""What the demo shows and how it judges: from the cluster's objects to a line and an exit code."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from infra.local import apply, demo, rollout, view
from infra.local.kube import Tree
from infra.local.load import Counts
from infra.local.rollout import Outcome
from infra.local.view import Frame
from infra.local.watching import Stand, Watching, weights

FRAME = Frame(
    title="1.1.0",
    seconds=4.2,
    phase="Progressing",
    weight=10,
    failed_checks=0,
    checks_allowed=2,
    success=99.5,
    wanted=99,
    versions={"1.0.0": 90, "1.1.0": 10},
    failed=0,
    messages=("New revision detected!",),
)
NONE = Counts({}, {}, 0, ())
GOOD = Outcome("1.1.0", "Succeeded", 0, 20.0, Counts({200: 9}, {"1.0.0": 9}, 0, ()), (), NONE)
AFTER = Counts({200: 200}, {"1.1.0": 200}, 0, ())
BAD = Outcome("1.2.0", "Failed", 0, 9.0, Counts({200: 9, 500: 1}, {}, 1, ()), (), AFTER)


def test_without_a_terminal_each_change_is_one_line():
    out = io.StringIO()

    with view.opened(Console(file=out, width=300)) as lines:
        lines.say("1.1.0 is promoted")
        lines.show(FRAME)
        lines.show(replace(FRAME, seconds=5.0))
        lines.show(replace(FRAME, weight=20, success=None))

    assert out.getvalue().splitlines() == [
        "1.1.0 is promoted",
        "  4.2 s  | New revision detected!",
        "  4.2 s  Progressing, primary 90 %, canary 10 %, success rate 99.5 % (wanted 99 %), "
        "failed checks 0 of 2, requests 1.0.0 90, 1.1.0 10; failed 0",
        "  4.2 s  Progressing, primary 80 %, canary 20 %, success rate - (wanted 99 %), "
        "failed checks 0 of 2, requests 1.0.0 90, 1.1.0 10; failed 0",
    ]


def test_a_terminal_sees_phase_weights_metric_requests_and_events():
    out = io.StringIO()

    with view.opened(Console(file=out, width=120, force_terminal=True)) as screen:
        screen.show(FRAME)

    for part in ("Progressing", "canary 10 %", "99.5 %", "1.1.0 10", "New revision detected!"):
        assert part in out.getvalue()


def test_every_write_of_a_route_is_noted_once():
    seen = Watching(("x", "web"), "web")

    for version, split in (("1", (100, 0)), ("2", (90, 10)), ("2", (90, 10)), ("3", (80, 10))):
        seen.see_routes({("x", "web"): route(version, *split)})

    assert seen.routes == [(100, 0), (90, 10), (80, 10)]
    assert rollout.route_faults(seen.routes) == ("a route of (80, 10)",)


def test_no_route_at_all_is_a_fault():
    assert rollout.route_faults([]) == ("no route was ever seen",)


def test_a_rule_with_one_destination_needs_no_weight():
    assert weights({"spec": {"http": [{"route": [{"destination": {}}]}, {"redirect": {}}]}}) == [
        (100,)
    ]


def test_only_what_is_told_about_the_canary_is_noted_and_once():
    seen = Watching(("x", "web"), "web")
    store = {("x", "e1"): event("e1", "Canary", "web"), ("x", "e2"): event("e2", "Pod", "web")}

    seen.see_events(store)
    seen.see_events({**store, ("x", "e3"): event("e3", "Canary", "web")})

    assert seen.messages == ["e1", "e3"]


def test_a_stand_is_noted_when_it_changes():
    seen = Watching(("x", "web"), "web")
    canary: Tree = {"status": {"phase": "Progressing", "canaryWeight": 10}}

    seen.see_canaries({("x", "web"): canary, ("x", "other"): {}})
    seen.see_canaries({("x", "web"): canary})

    assert seen.stands == [Stand("Progressing", 10)]


@pytest.mark.parametrize(
    ("phases", "settled", "pods", "wanted"),
    [
        pytest.param(["Succeeded"], True, 0, False, id="the release before"),
        pytest.param(["Progressing"], True, 0, False, id="under way"),
        pytest.param(["Progressing", "Failed"], False, 0, False, id="not settled"),
        pytest.param(["Progressing", "Failed"], True, 1, False, id="a pod is still there"),
        pytest.param(["Progressing", "Failed"], True, 0, True, id="at rest"),
    ],
)
def test_a_release_is_over_when_its_pods_are(
    phases: list[str], settled: bool, pods: int, wanted: bool
):
    seen = Watching(("x", "web"), "web", pods=pods)
    seen.stands = [Stand("Succeeded"), *(Stand(phase, settled=settled) for phase in phases)]

    assert rollout.is_at_rest(seen, since=1) is wanted


@pytest.mark.parametrize(
    ("good", "bad", "wanted"),
    [
        pytest.param({}, {}, (), id="as it should be"),
        pytest.param({"phase": "Failed"}, {}, ("1.1.0 ended Failed",), id="good fails"),
        pytest.param(
            {"counts": Counts({0: 1}, {}, 1, ())}, {}, ("1.1.0: 1 requests failed",), id="lost"
        ),
        pytest.param({}, {"phase": "Succeeded"}, ("1.2.0 ended Succeeded",), id="bad passes"),
        pytest.param({}, {"weight": 5}, ("1.2.0 has 5 % of the traffic",), id="weight left"),
        pytest.param(
            {},
            {"afterwards": Counts({200: 2}, {"1.1.0": 1, "1.2.0": 1}, 0, ())},
            ("after the end of 1.2.0: {'1.1.0': 1, '1.2.0': 1}",),
            id="the new version still answers",
        ),
        pytest.param(
            {}, {"afterwards": NONE}, ("after the end of 1.2.0: {}",), id="nobody answers"
        ),
    ],
)
def test_the_demo_fails_when_a_release_does_not_go_as_it_should(
    good: dict[str, object], bad: dict[str, object], wanted: tuple[str, ...]
):
    found = rollout.faults(
        replace(GOOD, **good),  # type: ignore[arg-type]  # a table of fields
        replace(BAD, **bad),  # type: ignore[arg-type]  # as above
        old="1.1.0",
    )

    assert found == wanted


def test_the_demo_only_shortens_times():
    changed = [line for line in demo.difference() if line.startswith("+")]

    assert [line.split(":")[0].strip("+- ") for line in changed] == [
        "progressDeadlineSeconds",
        "interval",
        "threshold",
        "interval",
        "interval",
        "drainSeconds",
    ]


@pytest.mark.parametrize(
    ("patch", "wanted"),
    [
        pytest.param({"a": {"b": 2}}, {"a": {"b": 2, "c": [1]}, "d": 3}, id="within"),
        pytest.param({"a": {"c": [2]}}, {"a": {"b": 1, "c": [2]}, "d": 3}, id="a list as a whole"),
        pytest.param({"d": None}, {"a": {"b": 1, "c": [1]}}, id="taken out"),
        pytest.param({"e": {"f": 1, "g": None}}, None, id="new"),
    ],
)
def test_a_merge_patch_changes_what_it_names(patch: Tree, wanted: Tree | None):
    before = {"a": {"b": 1, "c": [1]}, "d": 3}

    assert apply.merged(before, patch) == (wanted or {**before, "e": {"f": 1}})


@pytest.mark.parametrize("name", ["cluster.yaml", "deployment.yaml", "canary.yaml", "sweep.yaml"])
def test_every_manifest_has_a_place_on_the_server(name: str):
    places = [apply.collection(obj) for obj in apply.read(name)]

    assert all(place.startswith(("/api/v1/namespaces", "/apis/")) for place in places)


def route(version: str, *split: int) -> Tree:
    rule = {"route": [{"weight": weight} for weight in split]}
    return {"metadata": {"resourceVersion": version}, "spec": {"http": [rule]}}


def event(name: str, kind: str, about: str) -> Tree:
    return {
        "metadata": {"namespace": "x", "name": name, "resourceVersion": name[1:]},
        "involvedObject": {"kind": kind, "namespace": "x", "name": about},
        "message": name,
    }
