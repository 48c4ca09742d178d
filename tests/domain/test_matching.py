"""Which Canary a promotion means, and which promotion has the last word."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.matching import by_label, by_name, is_outdated
from shared.domain.ownership import Owner
from shared.domain.promotion import Promotion
from shared.domain.status import LastPromotion, Status
from shared.domain.subject import Subject
from tests.domain.situations import NOW, a_spec

PROMOTION = Promotion("run-5", NOW, "cart", "1.4.0", "production", "shop", image="cart:1.4.0")
EARLIER, LATER = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)


def canaries(**targets):
    return [
        Subject(Owner("shop", name, f"uid-{name}"), 1, "1", target, a_spec(), Status())
        for name, target in targets.items()
    ]


def names(subjects):
    return [subject.owner.name for subject in subjects]


@pytest.mark.parametrize(
    ("targets", "meant"),
    [
        pytest.param({"a": "cart", "b": "other"}, ["a"], id="named-as-the-app"),
        pytest.param({"a": "shop-cart", "b": "other"}, ["a"], id="named-by-jenkins-x"),
        pytest.param({"a": "shop-cart", "b": "cart"}, ["b"], id="the-plain-name-first"),
        pytest.param({"a": "cart", "b": "cart"}, ["a", "b"], id="ambiguous"),
        pytest.param({"a": "shop-cart", "b": "shop-cart"}, ["a", "b"], id="ambiguous-by-prefix"),
        pytest.param({"a": "other-cart", "b": "cart-primary"}, [], id="none"),
    ],
)
def test_a_promotion_means_the_canary_whose_target_is_named_for_its_app(targets, meant):
    assert names(by_name(canaries(**targets), PROMOTION)) == meant


@pytest.mark.parametrize(
    ("labels", "meant"),
    [
        pytest.param({"web": "cart", "db": "store"}, ["a"], id="labelled"),
        pytest.param({"web": "cart", "db": "cart"}, ["a", "b"], id="ambiguous"),
        pytest.param({"web": "", "cart": "cart"}, [], id="only-targets-count"),
    ],
)
def test_a_promotion_means_the_canary_whose_target_is_labelled_with_its_app(labels, meant):
    assert names(by_label(canaries(a="web", b="db"), PROMOTION, labels)) == meant


@pytest.mark.parametrize(
    ("last", "outdated"),
    [
        pytest.param(None, False, id="the-first"),
        pytest.param(LastPromotion("run-4", EARLIER, done=True), False, id="an-earlier-one"),
        pytest.param(LastPromotion("run-9", EARLIER, done=True), False, id="time-before-id"),
        pytest.param(LastPromotion("run-4", NOW, done=True), False, id="same-time-smaller-id"),
        pytest.param(LastPromotion("run-6", NOW, done=True), True, id="same-time-larger-id"),
        pytest.param(LastPromotion("run-4", LATER, done=True), True, id="a-later-one"),
        pytest.param(LastPromotion("run-4", LATER, done=False), True, id="a-later-one-not-done"),
        pytest.param(LastPromotion("run-5", NOW, done=True), True, id="itself-done"),
        pytest.param(LastPromotion("run-5", NOW, done=False), False, id="itself-not-done"),
    ],
)
def test_the_last_promotion_by_time_then_id_has_the_last_word(last, outdated):
    assert is_outdated(last, PROMOTION) is outdated


def test_a_promotion_that_is_sent_again_with_another_time_is_still_itself():
    last = LastPromotion("run-5", NOW, done=True)

    assert is_outdated(last, replace(PROMOTION, time=LATER))
