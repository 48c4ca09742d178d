"""Snapshots on the real server: whoever may label them can, and they outlive an orphaned Canary."""

import time
import uuid

import pytest

from infra.local.apply import create
from shared.adapters import paths
from shared.domain.fields import Object
from shared.domain.ownership import Owner
from shared.domain.revision import revision_of
from shared.domain.snapshots import snapshot_name
from shared.reconcile.keep import keep
from tests.cluster.play.scene import canary

pytestmark = pytest.mark.cluster

TEMPLATE: Object = {
    "metadata": {"labels": {"app": "app"}},
    "spec": {"containers": [{"name": "app", "image": "app:1", "args": ["a && b > é"], "env": []}]},
}


@pytest.fixture
def owner(kube, namespace) -> Owner:
    """A Canary that is there."""
    made = create(kube, canary(namespace, "app", {}))
    return Owner(namespace, "app", made["metadata"]["uid"])


def kept(cluster, owner) -> str:
    """The path of a snapshot of that Canary's."""
    revision = revision_of(TEMPLATE)
    keep(cluster, owner, revision, TEMPLATE, 1)
    return f"{paths.snapshots(owner.namespace)}/{snapshot_name(owner.name, revision)}"


@pytest.mark.parametrize("kind", ["merge", "strategic"])
def test_a_snapshot_can_be_labelled(kube, cluster, owner, kind):
    path = kept(cluster, owner)

    labelled = kube.patch(path, {"metadata": {"labels": {"keep": "yes"}}}, kind)

    assert labelled["metadata"]["labels"]["keep"] == "yes"


@pytest.fixture
def collector(kube, namespace) -> None:
    """The collector of garbage knows Canaries: it asks every half minute which kinds there are."""
    create(kube, canary(namespace, "without-any", {}))
    orphaned(kube, f"{paths.canaries(namespace)}/without-any", seconds=90)


def orphaned(kube, path, seconds) -> None:
    """Deletes an object without what it owns, and waits until it is gone."""
    kube.delete(path, propagation="Orphan")
    ends = time.monotonic() + seconds
    while kube.get(path) is not None:
        assert time.monotonic() < ends, "what it owns cannot be orphaned"
        time.sleep(0.1)


def collected_after(kube, cluster, namespace) -> None:
    """Waits until the collector has taken what nobody owns: what was made before, it knows too."""
    stray = kept(cluster, Owner(namespace, "nobody", str(uuid.uuid4())))
    ends = time.monotonic() + 60
    while kube.get(stray) is not None:
        assert time.monotonic() < ends, "what nobody owns is there still"
        time.sleep(0.1)


@pytest.mark.timeout(180)
@pytest.mark.usefixtures("collector")
def test_a_canary_that_is_deleted_without_what_it_owns_is_gone_at_once(kube, cluster, owner):
    path = kept(cluster, owner)
    collected_after(kube, cluster, owner.namespace)

    orphaned(kube, f"{paths.canaries(owner.namespace)}/{owner.name}", seconds=20)

    assert "ownerReferences" not in (kube.get(path) or {})["metadata"]
