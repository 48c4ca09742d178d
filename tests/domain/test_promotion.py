"""Promotions: what is taken, what is refused and how, and ids that repeat."""

from datetime import UTC, datetime

import pytest

from shared.domain import promotion
from shared.domain.errors import Refused
from shared.domain.fields import Object
from shared.domain.promotion import Promotion

CONTENT = {
    "id": "build-7",
    "time": "2026-11-22T21:00:00+01:00",
    "app": "croc-hunter",
    "version": "1.4.0",
    "environment": "production",
    "namespace": "jx-production",
}
WANTED = Promotion(
    id="build-7",
    time=datetime(2026, 11, 22, 20, tzinfo=UTC),
    app="croc-hunter",
    version="1.4.0",
    environment="production",
    namespace="jx-production",
)
DIGEST = f"sha256:{'0' * 64}"


def test_a_promotion_is_read_with_its_time_in_utc():
    assert promotion.from_content(CONTENT) == WANTED


def test_a_promotion_reads_as_it_was_written():
    said: Object = {
        **CONTENT,
        "image": f"gcr.io/jx/croc-hunter:1.4.0@{DIGEST}",
        "repository": "https://github.com/jx/croc-hunter",
        "commit": "0a1b2c3",
        "pullRequest": 42,
    }

    read = promotion.from_content(said)

    assert read.pull_request == "42"
    assert promotion.from_content(promotion.to_content(read)) == read


def test_what_was_not_said_is_not_written():
    assert set(promotion.to_content(WANTED)) == set(CONTENT)


@pytest.mark.parametrize("field", sorted(CONTENT))
def test_a_missing_field_is_refused_by_name(field):
    rest = {name: value for name, value in CONTENT.items() if name != field}

    with pytest.raises(Refused, match=f"^{field}: wanted"):
        promotion.from_content(rest)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("id", "", id="empty-id"),
        pytest.param("id", "  ", id="blank-id"),
        pytest.param("id", "x" * 257, id="long-id"),
        pytest.param("id", "a\nb", id="id-of-two-lines"),
        pytest.param("id", "\ud800", id="half-a-character"),
        pytest.param("id", 7, id="id-that-is-a-number"),
        pytest.param("time", "2026-11-22T20:00:00", id="time-without-zone"),
        pytest.param("time", "2026-W47-7T20:00:00Z", id="week-date"),
        pytest.param("time", "2026-02-30T20:00:00Z", id="no-such-day"),
        pytest.param("time", "0001-01-01T00:00:00+01:00", id="before-the-first-year"),
        pytest.param("time", "", id="empty-time"),
        pytest.param("time", 1795377600, id="unix-time"),
        pytest.param("app", "Croc", id="upper-case-app"),
        pytest.param("app", "a/b", id="app-with-a-slash"),
        pytest.param("app", "a" * 254, id="long-app"),
        pytest.param("namespace", "jx.production", id="namespace-with-a-dot"),
        pytest.param("namespace", "a" * 64, id="long-namespace"),
        pytest.param("namespace", "jx-production\n", id="namespace-with-a-line-end"),
        pytest.param("version", "1.4 0", id="version-with-a-space"),
        pytest.param("version", "1" * 129, id="long-version"),
        pytest.param("environment", "", id="empty-environment"),
        pytest.param("image", "", id="empty-image"),
        pytest.param("image", "Croc Hunter", id="no-image"),
        pytest.param("image", "croc:1.4.0@sha256:12", id="short-digest"),
        pytest.param("image", "a/" * 300 + "b", id="long-image"),
        pytest.param("repository", "x" * 2049, id="long-repository"),
        pytest.param("commit", "a b", id="commit-with-a-space"),
        pytest.param("pullRequest", True, id="pull-request-that-is-a-truth"),
    ],
)
def test_a_field_that_does_not_fit_is_refused_by_name_and_value(field, value):
    with pytest.raises(Refused, match=f"^{field}: wanted .*, found '"):
        promotion.from_content({**CONTENT, field: value})


@pytest.mark.parametrize(
    "image",
    [
        "croc-hunter",
        "croc-hunter:1.4.0",
        "localhost:5000/croc-hunter:1.4.0",
        "gcr.io/jx/croc__hunter",
        f"docker.io/library/croc-hunter@{DIGEST}",
    ],
)
def test_an_image_may_name_registry_tag_and_digest(image):
    assert promotion.from_content({**CONTENT, "image": image}).image == image


def test_the_same_promotion_has_the_same_event():
    again = promotion.from_content({**CONTENT, "time": "2026-11-23T00:00:00Z"})

    assert promotion.event_id(again) == promotion.event_id(WANTED)


@pytest.mark.parametrize(
    "change",
    [{"id": "build-8"}, {"app": "other"}, {"environment": "staging"}, {"namespace": "other"}],
    ids=str,
)
def test_another_promotion_has_another_event(change):
    other = promotion.from_content({**CONTENT, **change})

    assert promotion.event_id(other) != promotion.event_id(WANTED)


def test_ids_do_not_run_into_each_other():
    one = promotion.from_content({**CONTENT, "id": "a", "app": "bc"})
    other = promotion.from_content({**CONTENT, "id": "ab", "app": "c"})

    assert promotion.event_id(one) != promotion.event_id(other)
