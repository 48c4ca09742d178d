"""Which run a wish to go back means: by hash, by tag, or by its time."""

from datetime import timedelta

import pytest

from shared.domain.events import RollbackWish
from shared.domain.seen import Gone, Unread
from shared.domain.subject import Request
from tests.domain.sights import PROMOTED, RUN, a_subject, observed
from tests.domain.situations import NOW
from tests.domain.workloads import target, template

STARTED = NOW - timedelta(minutes=5)
A_BIT = timedelta.resolution


def wished(revision=None, time=None, *, seen=None, **status):
    wish = RollbackWish("shop", "cart", revision, "it smells", "alice", time)
    subject = a_subject(**{"started_at": STARTED, **status})
    return observed(subject, request=Request(wish=wish), **(seen or {})).seen.wished


def of(*images):
    containers = [{"name": f"c{number}", "image": image} for number, image in enumerate(images)]
    return {"target": target(spec={"template": template(containers=containers)})}


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
        pytest.param("cart", ["cart"], False, id="an-image-without-a-tag-has-none"),
        pytest.param("5000/cart", ["quay.io:5000/cart"], False, id="a-port-is-no-tag"),
        pytest.param("1.4.0", ["cart:1.4.0@sha256:" + "a" * 64], True, id="tag-before-a-digest"),
        pytest.param("a" * 64, ["cart@sha256:" + "a" * 64], False, id="a-digest-is-no-tag"),
    ],
)
def test_a_wish_by_version_means_the_run_of_an_image_with_that_tag(version, images, meant):
    assert wished(version, seen=of(*images)) is meant


@pytest.mark.parametrize("found", [Gone(), Unread("timed out")])
def test_a_version_means_nothing_without_a_target_that_says_its_own(found):
    assert not wished("1.4.0", seen={"target": found})


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
