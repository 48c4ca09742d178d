"""Deployments are read with the API's defaults, and what is ambiguous is refused."""

import pytest

from shared.domain import workload
from shared.domain.errors import Refused
from shared.domain.workload import Workload
from tests.domain import recordings
from tests.domain.workloads import deployment, target, template

EXCEEDED = [
    {"type": "Available", "reason": "MinimumReplicasUnavailable"},
    {"type": "Progressing", "reason": "ProgressDeadlineExceeded"},
]


def containers(*names):
    return {"template": template(containers=[{"name": n, "image": f"{n}:1"} for n in names])}


def test_a_recorded_primary_is_read_whole():
    primary = recordings.read("weights/after-1-Succeeded.yaml").primary

    assert (primary.name, primary.namespace, primary.generation) == ("app-primary", "weights", 2)
    assert primary.uid == "b355b79d-7055-455e-a22e-7f6d7484a586"
    assert primary.resource_version == "148547"
    assert primary.selector == primary.labels == {"app": "app-primary"}
    assert primary.annotations == {"deployment.kubernetes.io/revision": "2"}
    assert primary.settings.keys() == {
        "progressDeadlineSeconds",
        "revisionHistoryLimit",
        "strategy",
    }
    assert (primary.replicas, primary.current, primary.updated) == (2, 2, 2)
    assert (primary.ready, primary.available, primary.observed_generation) == (2, 2, 2)
    assert workload.images(primary.template) == ("app:2",)
    assert [owner["name"] for owner in primary.owners] == ["app"]


def test_a_new_deployment_is_asked_for_one_pod_and_has_none():
    found = workload.from_object({"metadata": {"name": "cart", "namespace": "shop"}, "spec": {}})

    assert found == Workload("cart", "shop", "", "", 0, {}, {}, 1, {}, {})


@pytest.mark.parametrize(
    ("status", "exceeded"),
    [
        pytest.param({}, False, id="it says nothing"),
        pytest.param({"conditions": EXCEEDED}, True, id="it says so"),
        pytest.param({"conditions": EXCEEDED[:1]}, False, id="it is only unavailable"),
        pytest.param(
            {"conditions": EXCEEDED, "observedGeneration": 2}, False, id="of what it was before"
        ),
    ],
)
def test_the_deadline_is_exceeded_only_by_what_is_asked_for_now(status, exceeded):
    assert target(status=status).deadline_exceeded is exceeded


@pytest.mark.parametrize(
    ("labels", "wanted"),
    [
        pytest.param({"name": "b", "app": "a"}, ("app", "a"), id="app before name"),
        pytest.param(
            {"app.kubernetes.io/name": "c", "name": "b"},
            ("name", "b"),
            id="name before the long one",
        ),
        pytest.param(
            {"tier": "x", "app.kubernetes.io/name": "c"}, ("app.kubernetes.io/name", "c"), id="long"
        ),
    ],
)
def test_the_first_of_flaggers_labels_tells_the_pods_apart(labels, wanted):
    assert workload.selector_label(target(spec={"selector": {"matchLabels": labels}})) == wanted


@pytest.mark.parametrize(
    ("selector", "wanted"),
    [
        pytest.param({"service": "b-primary"}, ("service", "b"), id="as a Flagger was told to"),
        pytest.param({"app": "a-primary"}, ("app", "a"), id="as a Flagger does untold"),
        pytest.param({"role": "db"}, ("app", "a"), id="another's"),
        pytest.param({"service": "b-primary", "app": "a-primary"}, ("app", "a"), id="by two"),
    ],
)
def test_a_primary_that_is_there_goes_on_to_be_selected_as_it_is(selector, wanted):
    mine = target(spec={"selector": {"matchLabels": {"app": "a", "service": "b"}}})
    primary = target(spec={"selector": {"matchLabels": selector}})

    assert workload.selector_label(workload.beside(mine, primary)) == wanted


def test_a_target_without_such_a_label_is_refused_in_flaggers_words():
    with pytest.raises(Refused) as refused:
        workload.selector_label(target(spec={"selector": {"matchLabels": {"tier": "x"}}}))

    assert str(refused.value) == (
        "getSelectorLabel failed: deployment cart.shop spec.selector.matchLabels "
        "must contain one of [app name app.kubernetes.io/name]"
    )


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        pytest.param(("proxy", "cart"), "cart", id="named like the app"),
        pytest.param(("main",), "main", id="the only one"),
    ],
)
def test_an_image_goes_to_the_container_that_is_meant(names, wanted):
    assert workload.container_for(target(spec=containers(*names)), "cart") == wanted


@pytest.mark.parametrize(
    ("names", "said"),
    [pytest.param(("a", "b"), "a, b", id="two strangers"), pytest.param((), "none", id="none")],
)
def test_an_image_for_no_particular_container_is_refused(names, said):
    with pytest.raises(
        Refused, match=f"cart.shop: no container is named cart, and which of {said} "
    ):
        workload.container_for(target(spec=containers(*names)), "cart")


def test_a_containers_image_is_found_by_its_name():
    found = workload.from_object(deployment(spec=containers("proxy", "cart"))).template

    assert workload.image_of(found, "cart") == "cart:1"
    assert workload.image_of(found, "gone") == ""
    assert workload.images(found) == ("proxy:1", "cart:1")
