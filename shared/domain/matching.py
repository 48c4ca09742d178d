"""Which Canary a promotion means, and whether it is still the last word on its image."""

from collections.abc import Mapping, Sequence

from shared.domain.promotion import Promotion
from shared.domain.status import LastPromotion
from shared.domain.subject import Subject

APP_LABEL = "app.kubernetes.io/name"


def by_name(subjects: Sequence[Subject], promotion: Promotion) -> tuple[Subject, ...]:
    """Those whose target is named as the app, else as Jenkins X 2 names it."""
    plain = tuple(s for s in subjects if s.target == promotion.app)
    if plain:
        return plain
    prefixed = f"{promotion.namespace}-{promotion.app}"
    return tuple(s for s in subjects if s.target == prefixed)


def by_label(
    subjects: Sequence[Subject], promotion: Promotion, apps: Mapping[str, str]
) -> tuple[Subject, ...]:
    """Those whose target has the app's label; `apps` are the labels by Deployment."""
    return tuple(s for s in subjects if apps.get(s.target) == promotion.app)


def is_outdated(last: LastPromotion | None, promotion: Promotion) -> bool:
    """Whether a later promotion was kept, or this very one and it is done."""
    if last is None:
        return False
    if last.id == promotion.id:
        return last.done
    return (last.time, last.id) > (promotion.time, promotion.id)
