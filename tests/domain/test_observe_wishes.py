"""Which run a wish to go back means: by hash, by tag, or by its time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.events import RollbackWish
from shared.domain.fields import short
from shared.domain.machine import Phase
from shared.domain.observe import target_revision
from shared.domain.revision import revision_of
from shared.domain.seen import Gone, Support, Unread
from shared.domain.status import LastPromotion, Status
from shared.domain.subject import Request
from shared.domain.wishes import is_unsure, means_the_run, told_of
from shared.domain.workload import Workload
from tests.domain.sights import PROMOTED, RUN, a_sight, a_subject, observed
from tests.domain.situations import NOW
from tests.domain.workloads import target, template

STARTED = NOW - timedelta(minutes=5)
A_BIT = timedelta.resolution


def wished(wanted=None, time=None, *, seen=None, **status):
    wish = RollbackWish("shop", "cart", wanted, "it smells", "alice", time)
    subject = a_subject(**{"started_at": STARTED, **status})
    return observed(subject, request=Request(wish=wish), **(seen or {})).seen.wished


def of(*images, names=()):
    named = (*names, *(f"c{number}" for number in range(len(names), len(images))))
    made = [{"name": name, "image": image} for name, image in zip(named, images, strict=True)]
    return template(containers=made)


def at(run, **seen):
    """The run is of that template, and so is the target where nothing else is said."""
    return {
        "revision": revision_of(run),
        "seen": {"target": target(spec={"template": run}), **seen},
    }


def kept(run):
    return Support(snapshots={revision_of(run): run})


def test_without_a_wish_nobody_asks():
    assert not observed().seen.wished


@pytest.mark.parametrize(
    ("revision", "meant"),
    [
        pytest.param(RUN, True, id="the-runs"),
        pytest.param(PROMOTED, False, id="the-promoted-one"),
        pytest.param("s1:gone", False, id="one-that-is-gone"),
        pytest.param(RUN[:10], False, id="a-part-of-it"),
    ],
)
def test_a_wish_by_hash_means_the_run_of_that_revision_whenever_it_was_made(revision, meant):
    assert wished(revision) is meant
    assert wished(revision, STARTED - A_BIT) is meant


@pytest.mark.parametrize(
    ("version", "images", "meant"),
    [
        pytest.param("1.4.0", ["quay.io/x/cart:1.4.0"], True, id="tag"),
        pytest.param("1.4.0", ["proxy:2", "cart:1.4.0"], True, id="of-any-container"),
        pytest.param("1.3.0", ["cart:1.4.0"], False, id="another"),
        pytest.param("v1.4.0", ["cart:1.4.0"], True, id="said-with-a-v"),
        pytest.param("1.4.0", ["cart:v1.4.0"], True, id="tagged-with-a-v"),
        pytest.param("v", ["cart"], False, id="a-v-alone-is-no-version"),
        pytest.param("cart", ["cart"], False, id="an-image-without-a-tag-has-none"),
        pytest.param("5000/cart", ["quay.io:5000/cart"], False, id="a-port-is-no-tag"),
        pytest.param("1.4.0", ["cart:1.4.0@sha256:" + "a" * 64], True, id="tag-before-a-digest"),
        pytest.param("a" * 64, ["cart@sha256:" + "a" * 64], False, id="a-digest-is-no-tag"),
    ],
)
def test_a_wish_by_version_means_the_run_of_an_image_with_that_tag(version, images, meant):
    assert wished(version, **at(of(*images))) is meant


@pytest.mark.parametrize("name", ["cart", "web"])
def test_a_version_is_that_of_the_apps_own_container_where_it_has_one(name):
    run = of("proxy:2", "cart:1.4.0", names=("proxy", name))

    assert wished("1.4.0", **at(run))
    assert wished("2", **at(run)) is (name != "cart")


def test_in_the_names_of_jenkins_x_the_app_is_the_target_without_its_namespace():
    subject = replace(a_subject(revision="s1:run"), target="shop-cart")
    run = of("proxy:2", "cart:1.4.0", names=("proxy", "cart"))
    seen = a_sight(support=Support(snapshots={"s1:run": run}))
    wish = RollbackWish("shop", "shop-cart", "2", "it smells", "alice", None)

    assert not means_the_run(wish, subject, seen, "s1:run")
    assert means_the_run(replace(wish, revision="1.4.0"), subject, seen, "s1:run")


RUN_2, LATER = of("cart:2"), target(spec={"template": of("cart:3")})


@pytest.mark.parametrize("found", [LATER, Gone(), Unread("timed out")])
def test_a_version_is_that_of_the_runs_snapshot_whatever_the_target_is_by_then(found):
    moved = at(RUN_2, target=found, support=kept(RUN_2))

    assert wished("2", **moved)
    assert not wished("3", **moved)


@pytest.mark.parametrize("found", [LATER, Gone(), Unread("timed out")])
def test_a_target_that_is_not_the_runs_says_nothing_of_the_run(found):
    assert not wished("2", **at(RUN_2, target=found))
    assert not wished("3", **at(RUN_2, target=found))


@pytest.mark.parametrize(
    ("wanted", "found", "unsure"),
    [
        pytest.param("2", LATER, True, id="the-target-has-moved-on"),
        pytest.param("2", Gone(), True, id="the-target-is-gone"),
        pytest.param("2", target(spec={"template": RUN_2}), False, id="the-target-is-the-runs"),
        pytest.param(revision_of(RUN_2), LATER, False, id="a-hash"),
        pytest.param(None, LATER, False, id="a-time"),
    ],
)
def test_only_a_version_may_need_the_snapshot(wanted, found, unsure):
    run = revision_of(RUN_2)
    of_target = target_revision(Status(), found) if isinstance(found, Workload) else "s1:other"
    wish = RollbackWish("shop", "cart", wanted, "it smells", "alice", NOW)

    def is_it(subject, **seen):
        return is_unsure(wish, subject, a_sight(target=found, **seen), of_target)

    assert is_it(a_subject(revision=run)) is unsure
    assert not is_it(a_subject(revision=run), support=kept(RUN_2))
    assert not is_it(a_subject(revision=run, phase=Phase.FAILED))
    assert not is_unsure(None, a_subject(revision=run), a_sight(target=found), of_target)


@pytest.mark.parametrize(
    ("time", "meant"),
    [
        pytest.param(STARTED - A_BIT, False, id="before-the-run"),
        pytest.param(STARTED, True, id="at-its-start"),
        pytest.param(STARTED + A_BIT, True, id="during-it"),
        pytest.param(None, False, id="without-a-time"),
    ],
)
def test_a_wish_without_a_revision_means_the_run_that_its_time_falls_into(time, meant):
    assert wished(None, time) is meant


def test_a_run_whose_start_is_not_known_is_meant_by_any_wish():
    assert wished(None, STARTED - timedelta(days=1), started_at=None)


def test_the_wish_is_told_with_its_reason_and_who_asked():
    wish = RollbackWish("shop", "cart", RUN, "it smells", "alice", None)

    assert observed(request=Request(wish=wish)).facts.wish == "it smells (alice)"


def test_a_long_reason_does_not_hide_who_asked():
    told = told_of(RollbackWish("shop", "cart", RUN, "ж" * 200, '"' * 200, None))

    assert told == "ж" * 63 + "… (" + '"' * 28 + "…)"
    assert short(told) == told


@pytest.mark.parametrize(
    ("wanted", "images", "meant"),
    [
        pytest.param("2026.11", ("cart:abc",), True, id="that-the-promotion-gave-its-image"),
        pytest.param("2026.12", ("cart:abc",), False, id="of-no-promotion"),
        pytest.param("2026.11", ("cart:def",), False, id="of-a-promotion-that-is-not-this-run"),
    ],
)
def test_a_version_that_is_no_tag_is_known_from_the_promotion(wanted, images, meant):
    last = LastPromotion("run-1", NOW, done=True, version="2026.11", image="cart:abc")

    assert wished(wanted, **at(of(*images)), last_promotion=last) is meant


def test_a_version_of_a_run_that_nothing_tells_of_means_nothing():
    assert not wished("2", seen={"target": Gone()}, revision="s1:lost")
