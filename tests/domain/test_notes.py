"""What people read about a canary: Flagger's words where Flagger has them."""

import pytest

from shared.domain.notes import Kind, Names, is_known, text_of
from shared.domain.status import Note
from tests.domain.situations import NOW

NAMES = Names(namespace="shop", canary="cart-canary", target="cart")
TEXTS = {
    Kind.ABSENT: "Warning deployment cart.shop get query error: not found",
    Kind.SUSPENDED: "Normal skipping canary run as object is suspended",
    Kind.REFUSED: "Warning cart-canary.shop is not run: <0>",
    Kind.INITIALIZED: "Normal Initialization done! cart-canary.shop",
    Kind.DETECTED: "Normal New revision detected! Scaling up cart.shop",
    Kind.RESTARTED: "Normal New revision detected! Restarting analysis for cart.shop",
    Kind.RETURNED: "Normal cart.shop is back at the promoted revision: the run ends here",
    Kind.STARTING: "Normal Starting canary analysis for cart.shop",
    Kind.ADVANCED: "Normal Advance cart-canary.shop canary weight <0>",
    Kind.HALTED: "Warning <0>",
    Kind.INCONCLUSIVE: "Warning Halt cart-canary.shop advancement no verdict: <0>",
    Kind.WAITING: "Warning <0>",
    Kind.NO_PODS: "Warning cart-canary.shop: neither cart-primary.shop nor cart.shop has a ready "
    "pod, the traffic stays",
    Kind.EMPTIED: "Warning <0> has no ready pod: its traffic goes to the other until it has",
    Kind.RESUMED: "Normal Resume cart-canary.shop canary weight <0>",
    Kind.COPYING: "Normal Copying cart.shop template spec to cart-primary.shop",
    Kind.PRIMARY_ADVANCED: "Normal Advance cart-canary.shop primary weight <0>",
    Kind.ROUTING: "Normal Routing all traffic to primary",
    Kind.PROMOTED: "Normal Promotion completed! Scaling down cart.shop",
    Kind.SKIPPED: "Normal Promotion completed! Canary analysis was skipped for cart.shop",
    Kind.EXHAUSTED: "Warning Rolling back cart-canary.shop failed checks threshold reached <0>",
    Kind.WITHDRAWN: "Warning Rolling back cart-canary.shop <0>",
    Kind.EXPIRED: "Warning Rolling back cart-canary.shop <0>",
    Kind.UNSETTLED: "Warning cart-canary.shop: the last decision is not in force: <0>",
    Kind.PROMOTION_FAILED: "Warning Promotion of cart.shop failed, <0>",
    Kind.FAILED: "Warning Canary failed! Scaling down cart-canary.shop",
    Kind.STRANDED: "Warning cart-canary.shop: cart-primary.shop does not come up with the promoted "
    "revision, <0>",
    Kind.DROPPED: "Warning cart-canary.shop: could not tell <0>",
    Kind.PROMOTION_REFUSED: "Warning <0>",
}


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in Kind])
def test_every_kind_has_its_text(kind):
    note = Note(1, NOW, kind, ("<0>", "<1>"))

    assert " ".join(text_of(note, NAMES)) == TEXTS[kind]


def test_foreign_text_is_never_looked_into():
    note = Note(1, NOW, Kind.WITHDRAWN, ("{c} {t} {p} {0} {1} %s",))

    assert text_of(note, NAMES)[1] == "Rolling back cart-canary.shop {c} {t} {p} {0} {1} %s"


def test_a_note_without_its_argument_says_the_rest():
    assert text_of(Note(1, NOW, Kind.UNSETTLED), NAMES)[1].endswith("is not in force: ")


def test_a_note_of_a_later_version_is_not_known():
    assert is_known(Note(1, NOW, "Advanced"))
    assert not is_known(Note(1, NOW, "Teleported"))
