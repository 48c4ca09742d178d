"""Keeps snapshots: each has the name of its revision, so what has the name must be the revision."""

from shared.adapters import paths
from shared.adapters.cluster import Cluster
from shared.domain.errors import Conflict, Refused
from shared.domain.fields import Object, text
from shared.domain.ownership import Owner, owned_by
from shared.domain.revision import revision_of
from shared.domain.snapshots import snapshot, template_of


def keep(cluster: Cluster, owner: Owner, revision: str, template: Object, number: int) -> None:
    """Stores a template. One that is there already is the same, or nothing is."""
    kept = snapshot(owner, revision, template, number)
    path = paths.snapshots(owner.namespace)
    try:
        cluster.create(path, kept)
    except Conflict:
        name = text(kept, "metadata", "name")
        _expect_same(cluster.read(f"{path}/{name}"), kept, owner)


def _expect_same(found: Object | None, kept: Object, owner: Owner) -> None:
    """One of a Canary that was deleted goes with it: it is gone at a later look."""
    name = f"snapshot {text(kept, 'metadata', 'name')} of {owner.namespace}"
    if found is None or not owned_by(found, owner):
        raise Conflict(f"{name}: that of an earlier Canary {owner.name} is still there")
    if revision_of(template_of(found)) != revision_of(template_of(kept)):
        raise Refused(f"{name}: another template is kept under this name")
