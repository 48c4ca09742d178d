"""Tell: what a decision noted, to people as Kubernetes Events and to the bus as CloudEvents."""

from shared.adapters import log, paths
from shared.domain.errors import Conflict, Refused, Unavailable
from shared.domain.fields import short
from shared.domain.notes import is_known
from shared.domain.status import Note
from shared.domain.tell import Teller, cloud_events, kubernetes_event
from shared.reconcile.scope import Scope, Watch


def tell(scope: Scope, teller: Teller, watch: Watch) -> tuple[Note, ...]:
    """The notes that were told, in their order. Where one is not taken, or the time is over, it and
    those after it stay in the outbox, and are told again; one that is refused holds up none.
    """
    told: list[Note] = []
    for note in teller.status.outbox:
        if not watch.left():
            break
        try:
            _tell(scope, teller, note)
        except Refused as error:
            _log(f"not told yet: {error}", teller, note)
        except Unavailable as error:
            _log(f"not told yet: {error}", teller, note)
            break
        else:
            told.append(note)
    return tuple(told)


def warn(scope: Scope, teller: Teller, note: Note) -> None:
    """Tells people of something that no decision was made of."""
    _to_people(scope, teller, note)


def warn_of_all(scope: Scope, teller: Teller) -> None:
    """The Warnings of a decision that is not in force, to people alone. The outbox keeps them: told
    twice they are told once, and the bus is told of what has come about.
    """
    for note in filter(is_known, teller.status.outbox):
        if kubernetes_event(teller, note)["type"] != "Warning":
            continue
        try:
            _to_people(scope, teller, note)
        except (Refused, Unavailable) as error:
            _log(f"not told yet: {error}", teller, note)
            return


def _tell(scope: Scope, teller: Teller, note: Note) -> None:
    if not is_known(note):
        _log("never told, of a kind that is not known", teller, note)
        return
    _to_people(scope, teller, note)
    for event in cloud_events(teller, note):
        scope.bus.publish(event)


def _log(message: str, teller: Teller, note: Note) -> None:
    owner = teller.owner
    log.warning(message, namespace=owner.namespace, canary=owner.name, note=short(note.kind))


def _to_people(scope: Scope, teller: Teller, note: Note) -> None:
    try:
        scope.cluster.create(paths.events(teller.owner.namespace), kubernetes_event(teller, note))
    except Conflict:
        return  # it was told before
