"""Whether a target that looks new is one that is known, with what the control plane adds to it.

A control plane may begin to default one more field of every pod template that is written. Whoever
then touches a Deployment, were it with an annotation, gives it another template and no new version.
"""

from collections.abc import Iterator, Mapping

from shared.domain.fields import Json, Object, sequence
from shared.domain.observe import target_revision
from shared.domain.seen import Gone, Unread
from shared.domain.status import Status
from shared.domain.workload import Workload

_NOTHING: tuple[Json, ...] = (None, {}, [])


def looks_new(status: Status, target: Workload | Gone | Unread) -> bool:
    """Whether the target was written since it was recorded, and has no template that is known."""
    if not status.initialized or not isinstance(target, Workload):
        return False
    moved = target.generation != status.generations.target
    return moved and target_revision(status, target) not in (status.revision, status.promoted)


def behind(status: Status, target: Workload, snapshots: Mapping[str, Object]) -> Iterator[Object]:
    """The templates, as they were kept, that the target's may be with something added to it.

    Whether it is, only the control plane can say: by what it makes of them.
    """
    for revision in dict.fromkeys((status.revision, status.promoted)):
        kept = snapshots.get(revision)
        if kept is not None and _extends(target.template, kept):
            yield kept


def _extends(found: Json, kept: Json) -> bool:
    """Whether all that was kept is found, in its place."""
    if kept in _NOTHING:
        return True
    if isinstance(kept, Mapping):
        return isinstance(found, Mapping) and all(
            _extends(found.get(key), value) for key, value in kept.items()
        )
    if isinstance(kept, list):
        longer = isinstance(found, list) and len(found) >= len(kept)
        return longer and all(map(_extends, sequence(found), kept))
    return found == kept
