"""Which run a wish to go back means: by its hash, by its version or image tag, or by the time."""

from shared.domain.events import RollbackWish
from shared.domain.fields import Object, short
from shared.domain.images import parts
from shared.domain.machine import UNDER_WAY
from shared.domain.seen import Seen
from shared.domain.status import Status
from shared.domain.subject import Subject
from shared.domain.workload import Workload, image_of, images


def means_the_run(
    wish: RollbackWish | None, subject: Subject, seen: Seen, target_revision: str
) -> bool:
    """A wish names the run's revision, or was made since the run began."""
    status = subject.status
    if wish is None:
        return False
    if wish.revision is None:
        start = status.started_at
        return wish.time is not None and (start is None or wish.time >= start)
    if wish.revision == status.revision:
        return True
    template = _template(status, seen, target_revision)
    if template is None:
        return False
    if _plain(wish.revision) in _versions(template, subject):
        return True
    last = status.last_promotion
    return last is not None and last.version == wish.revision and last.image in images(template)


def is_unsure(
    wish: RollbackWish | None, subject: Subject, seen: Seen, target_revision: str
) -> bool:
    """Whether only the run's snapshot, not looked at yet, can say if a version is the run's."""
    status = subject.status
    if wish is None or wish.revision in (None, status.revision) or seen.support:
        return False
    return status.phase in UNDER_WAY and _template(status, seen, target_revision) is None


def told_of(wish: RollbackWish) -> str:
    """Why, and who asks: of a long reason the end is cut, for both to fit into a note."""
    return f"{short(wish.reason, 130)} ({short(wish.requested_by, 60)})"


def _template(status: Status, seen: Seen, target_revision: str) -> Object | None:
    """What the run is of: its snapshot, else the target where that has not moved on."""
    kept = seen.support.snapshots.get(status.revision) if seen.support else None
    if kept is None and isinstance(seen.target, Workload) and target_revision == status.revision:
        return seen.target.template
    return kept


def _versions(template: Object, subject: Subject) -> set[str]:
    """The tags of the container that is named like the app; without one, of all containers."""
    app = subject.target.removeprefix(f"{subject.owner.namespace}-")  # as Jenkins X 2 names it
    own = image_of(template, subject.target) or image_of(template, app)
    tags = (parts(image).tag for image in ([own] if own else images(template)))
    return {_plain(tag) for tag in tags if tag}


def _plain(version: str) -> str:
    """Without the v that some write and some do not."""
    return version.removeprefix("v")
