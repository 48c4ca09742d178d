"""Taking over a running Flagger: its hashes cannot be had again, so templates are compared."""

from dataclasses import replace
from datetime import UTC, datetime

from shared.domain.canary import CanarySpec
from shared.domain.machine import UNDER_WAY, Phase
from shared.domain.primary import undone
from shared.domain.revision import is_ours, revision_of
from shared.domain.seen import Gone, Seen, Unread
from shared.domain.status import Status
from shared.domain.subject import made_of


def rebased(status: Status, spec: CanarySpec, seen: Seen) -> Status:
    """The status in our own revisions, where it was Flagger's; else as it is.

    At rest nothing starts, but for a template that is really another than the primary's. What is
    found in Failed counts as what failed. A run goes on as one of an unknown revision: from 0.
    """
    if status.initialized or not status.promoted or is_ours(status.promoted):
        return status
    if isinstance(seen.primary, Unread) or isinstance(seen.target, Unread):
        return status
    if isinstance(seen.primary, Gone) or isinstance(seen.target, Gone):
        return Status()
    promoted = revision_of(undone(seen.primary.template, seen.target))
    if status.phase is Phase.FAILED:
        revision = revision_of(seen.target.template)
    else:
        revision = "" if status.phase in UNDER_WAY else promoted
    return replace(
        status,
        revision=revision,
        promoted=promoted,
        primary_revision=promoted,
        initialized=True,
        made=made_of(spec),
        weighed=1,
        weighed_at=status.since or datetime.fromtimestamp(0, UTC),
    )
