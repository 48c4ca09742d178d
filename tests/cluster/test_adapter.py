"""What the product's client makes of what an API server says: the same statements hold on the lab's
and on a real one."""

import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.local.controlplane.plane import ControlPlane
from shared.adapters import cluster as adapter
from shared.adapters import paths
from shared.adapters.cluster import Cluster
from shared.domain.errors import Conflict, Refused, Unavailable
from shared.domain.fields import Object, mapping, pairs, text, whole
from tests.domain.canaries import canary
from tests.domain.workloads import deployment
from tests.reconcile.kubeconfig import a_kubeconfig

pytestmark = pytest.mark.loopback
_numbers = itertools.count()
THINGS = "/apis/example.com/v1/things"
STALE = [
    {"op": "test", "path": "/metadata/generation", "value": 99},
    {"op": "add", "path": "/metadata/labels", "value": {"a": "b"}},
]


@dataclass(frozen=True, slots=True)
class Place:
    """A namespace of an API server."""

    cluster: Cluster
    namespace: str

    @property
    def maps(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/configmaps"

    @property
    def deployments(self) -> str:
        return paths.deployments(self.namespace)

    @property
    def canaries(self) -> str:
        return paths.canaries(self.namespace)


@pytest.fixture(params=["lab", pytest.param("real", marks=pytest.mark.cluster)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A new one, of the lab's API server or of a real one without controllers."""
    if request.param == "real":
        return _made(Cluster(str(request.getfixturevalue("bare_plane").kubeconfig())))
    url = request.getfixturevalue("apiserver").url
    return _made(Cluster(a_kubeconfig(tmp_path / "kubeconfig", url)))


@pytest.fixture
def real(bare_plane: ControlPlane) -> Place:
    """A new one, of a real API server."""
    return _made(Cluster(str(bare_plane.kubeconfig())))


def _made(cluster: Cluster) -> Place:
    name = f"place{next(_numbers)}"
    cluster.create("/api/v1/namespaces", {"metadata": {"name": name}})
    return Place(cluster, name)


def a_map(name: str, **labels: str) -> Object:
    return {"metadata": {"name": name, "labels": labels}, "data": {"a": "1"}}


def named(name: str, item: Object) -> Object:
    """That object under this name, in whatever namespace it is written to."""
    return {**item, "metadata": {"name": name}}


def names(pages: Iterable[tuple[Object, ...]]) -> list[str]:
    """But for what every namespace has."""
    found = [text(item, "metadata", "name") for page in pages for item in page]
    return [name for name in found if name != "kube-root-ca.crt"]


def test_an_object_is_read_as_it_was_made(place):
    made = place.cluster.create(place.maps, a_map("a"))

    assert place.cluster.read(f"{place.maps}/a") == made
    assert made["data"] == {"a": "1"}


def test_what_is_not_there_is_none(place):
    assert place.cluster.read(f"{place.maps}/a") is None
    assert place.cluster.read(f"{place.canaries}/a") is None
    assert place.cluster.read("/api/v1/namespaces/nowhere/configmaps/a") is None


def test_a_list_is_read_page_by_page(place, monkeypatch):
    monkeypatch.setattr(adapter, "_PAGE", 2)
    for name in "abcde":
        place.cluster.create(place.maps, a_map(name))

    pages = list(place.cluster.pages(place.maps))

    assert [len(page) for page in pages] == [2, 2, 1]
    assert names(pages) == list("abcde")


def test_a_list_is_of_those_that_are_selected(place):
    place.cluster.create(place.maps, a_map("a", tier="web"))
    place.cluster.create(place.maps, a_map("b", tier="db"))

    assert names(place.cluster.pages(place.maps, selector="tier=web")) == ["a"]
    assert names(place.cluster.metadata_pages(place.maps, selector="tier!=web")) == ["b"]


def test_of_a_list_of_metadata_nothing_else_is_sent(place):
    place.cluster.create(place.deployments, named("cart", deployment()))

    ((found,),) = place.cluster.metadata_pages(place.deployments)

    assert text(found, "metadata", "name") == "cart"
    assert whole(found, "metadata", "generation") == 1
    assert not {"spec", "status"} & set(found)


def test_of_a_kind_that_the_server_does_not_have_nothing_is_known(place):
    """Its objects come back with its definition: they are not gone."""
    with pytest.raises(Unavailable, match=r"could not find|page not found"):
        names(place.cluster.pages(THINGS))
    with pytest.raises(Unavailable, match=r"could not find|page not found"):
        place.cluster.read(f"{THINGS}/a")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param(THINGS, "could not find|page not found", id="kind"),
        pytest.param("/api/v1/namespaces/no/configmaps", 'namespaces "no" not found', id="place"),
    ],
)
def test_what_can_be_made_nowhere_is_refused_in_the_servers_words(place, path, message):
    with pytest.raises(Refused, match=message):
        place.cluster.create(path, a_map("a"))


def test_a_name_that_is_taken_is_a_conflict(place):
    place.cluster.create(place.maps, a_map("a"))

    with pytest.raises(Conflict, match='configmaps: configmaps "a" already exists'):
        place.cluster.create(place.maps, a_map("a"))


def test_a_whole_object_is_written_at_the_version_that_was_read(place):
    first = place.cluster.create(place.maps, a_map("a"))

    place.cluster.replace(f"{place.maps}/a", {**first, "data": {"a": "2"}})
    with pytest.raises(Conflict, match="has been modified"):
        place.cluster.replace(f"{place.maps}/a", {**first, "data": {"a": "3"}})

    assert mapping(place.cluster.read(f"{place.maps}/a"), "data") == {"a": "2"}


def test_a_status_is_written_at_the_version_that_was_read_and_of_the_object_that_was(place):
    made = place.cluster.create(place.canaries, named("cart", canary()))
    path = f"{place.canaries}/cart/status"
    other = {**mapping(made, "metadata"), "uid": "another", "resourceVersion": ""}

    place.cluster.replace(path, {**made, "spec": {}, "status": {"phase": "Initialized"}})
    with pytest.raises(Conflict, match="has been modified"):
        place.cluster.replace(path, {**made, "status": {"phase": "Failed"}})
    with pytest.raises(Conflict):
        place.cluster.replace(path, {**made, "metadata": other, "status": {"phase": "Failed"}})

    found = place.cluster.read(f"{place.canaries}/cart")
    assert text(found, "status", "phase") == "Initialized"
    assert mapping(found, "spec") == mapping(made, "spec")


def test_what_is_gone_cannot_be_written(place):
    with pytest.raises(Conflict, match="not found"):
        place.cluster.merge(f"{place.maps}/a", {"data": {}})
    with pytest.raises(Conflict, match="not found"):
        place.cluster.patch(f"{place.deployments}/a", STALE)
    with pytest.raises(Conflict, match="not found"):
        place.cluster.replace(f"{place.canaries}/a/status", named("a", canary()))


def test_a_patch_is_applied_where_its_test_holds(place):
    place.cluster.create(place.deployments, named("cart", deployment()))
    path = f"{place.deployments}/cart"
    scaled = {"op": "add", "path": "/spec/replicas", "value": 7}

    place.cluster.patch(path, [{"op": "test", "path": "/metadata/generation", "value": 1}, scaled])
    with pytest.raises(Conflict):
        place.cluster.patch(
            path, [{"op": "test", "path": "/metadata/generation", "value": 1}, scaled]
        )

    assert whole(place.cluster.read(path), "spec", "replicas") == 7


def test_a_patch_of_an_object_of_any_kind_is_a_conflict_where_its_test_fails(place):
    place.cluster.create(place.canaries, named("cart", canary()))

    with pytest.raises(Conflict):
        place.cluster.patch(f"{place.canaries}/cart", STALE)


def test_a_patch_that_would_make_an_object_wrong_is_refused_by_its_field(place):
    place.cluster.create(place.deployments, named("cart", deployment()))
    wrong = {"op": "add", "path": "/spec/replicas", "value": -1}

    with pytest.raises(Refused, match=r"spec\.replicas"):
        place.cluster.patch(f"{place.deployments}/cart", [wrong])


def test_a_merge_changes_what_it_names(place):
    first = place.cluster.create(place.maps, a_map("a", tier="web"))

    merged = place.cluster.merge(f"{place.maps}/a", {"metadata": {"labels": {"team": "x"}}})

    assert pairs(merged, "metadata", "labels") == {"tier": "web", "team": "x"}
    with pytest.raises(Conflict, match="has been modified"):
        place.cluster.merge(f"{place.maps}/a", {**first, "data": {"a": "2"}})


def test_an_object_that_breaks_its_schema_is_refused_with_the_servers_message(place):
    broken = canary(analysis={"stepWeight": "much"})

    with pytest.raises(Refused, match=r"spec\.analysis\.stepWeight"):
        place.cluster.create(place.canaries, named("cart", broken))


def test_an_object_is_deleted_at_its_version_and_may_be_gone(place):
    first = place.cluster.create(place.maps, a_map("a"))
    version = text(first, "metadata", "resourceVersion")
    second = place.cluster.merge(f"{place.maps}/a", {"data": {"a": "2"}})

    with pytest.raises(Conflict):
        place.cluster.delete(f"{place.maps}/a", resource_version=version)
    version = text(second, "metadata", "resourceVersion")
    place.cluster.delete(f"{place.maps}/a", resource_version=version)
    place.cluster.delete(f"{place.maps}/a", resource_version=version)

    assert place.cluster.read(f"{place.maps}/a") is None


def test_in_a_namespace_that_ends_nothing_can_be_made_for_now(place):
    """For now: the canary is gone with it in a moment, and its passes with that."""
    held = {"metadata": {"name": "a", "finalizers": ["example.com/held"]}}
    place.cluster.create(place.maps, held)
    made = place.cluster.create(place.canaries, named("cart", canary()))
    place.cluster.delete(f"/api/v1/namespaces/{place.namespace}")

    with pytest.raises(Unavailable, match="because it is being terminated"):
        place.cluster.create(place.maps, a_map("b"))
    if place.cluster.read(f"{place.canaries}/cart"):
        status = {**made, "status": {"phase": "Failed"}}
        assert place.cluster.replace(f"{place.canaries}/cart/status", status)


@pytest.mark.cluster
@pytest.mark.parametrize(
    ("size", "message"),
    [
        pytest.param(2 << 20, "may not be more than 1048576 bytes", id="object"),
        pytest.param(4 << 20, "limit is 3145728", id="request"),
    ],
)
def test_what_is_too_large_is_refused(real, size, message):
    with pytest.raises(Refused, match=message):
        real.cluster.create(real.maps, {**a_map("a"), "data": {"a": "x" * size}})


@pytest.mark.cluster
def test_what_a_policy_of_the_cluster_denies_is_refused_in_its_words(real):
    """It is no lost race: the answer to one has the same status, and says nothing of an object."""
    kind, name = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic", real.namespace
    rule = {"apiGroups": [""], "apiVersions": ["*"], "operations": ["*"], "resources": ["secrets"]}
    matches = {
        "resourceRules": [rule],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
    }
    denied = {"expression": "false", "message": "not on a friday"}
    spec = {"matchConstraints": matches, "validations": [denied]}
    bound = {"policyName": name, "validationActions": ["Deny"]}
    real.cluster.create(f"{kind}ies", {"metadata": {"name": name}, "spec": spec})
    real.cluster.create(f"{kind}ybindings", {"metadata": {"name": name}, "spec": bound})

    with pytest.raises(Refused, match="denied request: not on a friday"):
        create_again_and_again(real, f"/api/v1/namespaces/{name}/secrets")


def create_again_and_again(place: Place, path: str) -> None:
    """A policy and a quota are in force a moment after they were made."""
    for number in range(1000):
        place.cluster.create(path, {"metadata": {"name": f"a{number}"}})


@pytest.mark.cluster
def test_what_is_over_quota_can_come_later(real):
    limit = {"count/configmaps": "0"}
    path = f"/api/v1/namespaces/{real.namespace}/resourcequotas"
    quota = real.cluster.create(path, {"metadata": {"name": "few"}, "spec": {"hard": limit}})
    counted = {"hard": limit, "used": limit}  # as a controller would have it
    real.cluster.replace(f"{path}/few/status", {**quota, "status": counted})

    with pytest.raises(Unavailable, match=r"exceeded quota: few.* \(403\)"):
        create_again_and_again(real, real.maps)


@pytest.mark.cluster
def test_who_is_not_known_can_come_later(bare_plane, tmp_path):
    config = json.loads(bare_plane.kubeconfig().read_text())
    config["users"][0]["user"]["token"] = "a token of before"
    (tmp_path / "kubeconfig").write_text(json.dumps(config))

    with pytest.raises(Unavailable, match=r"Unauthorized \(401\)"):
        names(Cluster(str(tmp_path / "kubeconfig")).pages(paths.canaries()))


def test_a_rehearsal_says_what_a_patch_would_make_and_changes_nothing(place: Place):
    made = place.cluster.create(place.deployments, named("cart", deployment()))
    path = f"{place.deployments}/cart"

    rehearsed = place.cluster.rehearse(
        path, [{"op": "replace", "path": "/spec/replicas", "value": 7}]
    )

    assert whole(rehearsed, "spec", "replicas") == 7
    assert place.cluster.read(path) == made
