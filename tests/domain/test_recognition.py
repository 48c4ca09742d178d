"""Which targets that look new may be known ones, with what the control plane adds to them."""

from dataclasses import replace

import pytest

from shared.domain.fields import Object
from shared.domain.recognition import behind, looks_new
from shared.domain.revision import revision_of
from shared.domain.seen import Gone
from shared.domain.status import Generations, Status
from shared.domain.workload import Workload, from_object
from tests.domain.workloads import deployment

KEPT: Object = {
    "metadata": {"labels": {"app": "cart"}, "annotations": {}},
    "spec": {"containers": [{"name": "cart", "image": "cart:1", "env": []}], "volumes": None},
}
OTHER: Object = {**KEPT, "spec": {"containers": [{"name": "cart", "image": "cart:0"}]}}
STATUS = Status(
    initialized=True,
    revision=revision_of(KEPT),
    promoted=revision_of(OTHER),
    generations=Generations(target=3),
)


def target(template: Object, generation: int = 4) -> Workload:
    return replace(from_object(deployment()), template=template, generation=generation)


def more(**spec: object) -> Object:
    """What was kept, with more fields in its spec."""
    return {"metadata": {"labels": {"app": "cart"}}, "spec": {**KEPT["spec"], **spec}}  # type: ignore[dict-item]  # a mapping


def container(**fields: object) -> Object:
    return more(containers=[{"name": "cart", "image": "cart:1", **fields}])


def test_a_target_that_was_written_and_has_another_template_looks_new():
    assert looks_new(STATUS, target(more(hostUsers=True)))


@pytest.mark.parametrize(
    ("status", "seen"),
    [
        pytest.param(STATUS, target(more(hostUsers=True), generation=3), id="as recorded"),
        pytest.param(STATUS, target(KEPT), id="the run's"),
        pytest.param(STATUS, target(OTHER), id="the promoted one"),
        pytest.param(STATUS, Gone(), id="gone"),
        pytest.param(Status(), target(KEPT), id="not taken up yet"),
    ],
)
def test_what_is_known_does_not_look_new(status, seen):
    looked = replace(status, target_revision=status.revision)

    assert not looks_new(looked, seen)


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(more(hostUsers=True), id="a field of the pod"),
        pytest.param(container(stdin=False), id="a field of a container"),
        pytest.param(container(env=[{"name": "A", "value": "b"}]), id="an element"),
        pytest.param(more(volumes=[]), id="nothing said in other words"),
    ],
)
def test_what_has_more_may_be_what_was_kept(found):
    assert list(behind(STATUS, target(found), {STATUS.revision: KEPT})) == [KEPT]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(container(image="cart:2"), id="another image"),
        pytest.param(more(containers=[]), id="a container less"),
        pytest.param(more(containers={}), id="no list"),
        pytest.param({**KEPT, "metadata": "none"}, id="no mapping"),
    ],
)
def test_what_has_something_else_is_something_else(found):
    assert list(behind(STATUS, target(found), {STATUS.revision: KEPT})) == []


def test_the_run_comes_before_the_promoted_and_each_is_asked_about_once():
    both = {STATUS.promoted: KEPT, STATUS.revision: KEPT}
    settled = replace(STATUS, promoted=STATUS.revision)

    assert len(list(behind(STATUS, target(more(hostUsers=True)), both))) == 2
    assert len(list(behind(settled, target(more(hostUsers=True)), both))) == 1


def test_without_a_snapshot_nothing_is_behind():
    assert list(behind(STATUS, target(more(hostUsers=True)), {})) == []
