"""From one canary to a thousand, on a real API server: its objects are made again by other names.

A thousand canaries are then where the first one is, without a thousand rollouts before.
"""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from infra.local.apply import merged
from infra.local.kube import Key, Kube, Tree
from shared.adapters import paths
from shared.domain.revision import digits, revision_of
from shared.domain.snapshots import revision_in, template_of

_AT_ONCE = 8
_TAIL = 10  # digits of a revision in the name of a snapshot
_KINDS = (
    paths.deployments,
    paths.services,
    paths.virtual_services,
    paths.destination_rules,
    paths.snapshots,
)
_SERVERS_OWN = (
    "uid", "resourceVersion", "creationTimestamp", "generation", "managedFields",
)  # fmt: skip
_ADDRESSES = ("clusterIP", "clusterIPs")


def copied(kube: Kube, original: Key, keys: Sequence[Key]) -> None:
    """Makes the objects of a canary at rest again, for each of these; status included."""
    namespace, name = original
    canary = kube.get(f"{paths.canaries(namespace)}/{name}") or {}
    owned = [(path, item) for path in _KINDS for item in _named(kube, path(namespace), name)]
    said = [("canaries", canary), *((path.__name__, item) for path, item in owned)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(lambda key: _make(kube, _renamed(said, original, key), key[0]), keys):
            pass


def _named(kube: Kube, path: str, name: str) -> Iterator[Tree]:
    """The Canary's own: they all bear its name, alone or with more."""
    for item in kube.list(path)[0]:
        if item["metadata"]["name"].startswith(name):
            yield item


def _renamed(said: list[tuple[str, Tree]], original: Key, key: Key) -> list[tuple[str, Tree]]:
    text = json.dumps(said).replace(original[0], key[0]).replace(original[1], key[1])
    for kind, item in json.loads(text):
        if kind == "snapshots":
            old, new = digits(revision_in(item)), digits(revision_of(template_of(item)))
            text = text.replace(old, new).replace(old[:_TAIL], new[:_TAIL])
    return [(kind, item) for kind, item in json.loads(text)]


def _make(kube: Kube, objects: list[tuple[str, Tree]], namespace: str) -> None:
    (_, canary), *owned = objects
    path = paths.canaries(namespace)
    made = kube.create(path, _bare(canary))
    for kind, item in owned:
        for owner in item["metadata"].get("ownerReferences", ()):
            owner["uid"] = made["metadata"]["uid"]
        kube.create(getattr(paths, kind)(namespace), _bare(item))
    generations = {"target": 1, "primary": 1, "route": 1}
    status = merged(canary["status"], {"spillway": {"generations": generations}})
    status["spillway"]["observedGeneration"] = 1
    kube.replace(f"{path}/{made['metadata']['name']}/status", {**made, "status": status})


def _bare(item: Tree) -> Tree:
    """What was asked for, without what the server added."""
    kept = {key: value for key, value in item.items() if key != "status"}
    kept["metadata"] = {k: v for k, v in item["metadata"].items() if k not in _SERVERS_OWN}
    if item.get("kind") == "Service":
        kept["spec"] = {k: v for k, v in item["spec"].items() if k not in _ADDRESSES}
    return kept
