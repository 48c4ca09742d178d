"""Signatures: who signed, when, and for which namespaces."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.signature import Secret, is_current, sign, signers

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
OLD, NEW = Secret("old", b"k" * 32), Secret("new", b"n" * 32)


def test_a_signature_is_the_one_that_openssl_makes():
    # printf '1.{}' | openssl dgst -sha256 -hmac key
    expected = "1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224"

    assert sign(b"key", "1", b"{}") == f"sha256={expected}"


@pytest.mark.parametrize("secret", [OLD, NEW], ids=lambda secret: secret.name)
def test_while_secrets_rotate_both_are_good(secret):
    given = sign(secret.key, STAMP, b"{}")

    assert signers((OLD, NEW), given, STAMP, b"{}") == (secret,)


def test_every_secret_with_the_same_key_signed():
    twin = Secret("twin", OLD.key, frozenset({"jx"}))

    assert signers((OLD, NEW, twin), sign(OLD.key, STAMP, b"{}"), STAMP, b"{}") == (OLD, twin)


@pytest.mark.parametrize(
    ("given", "stamp", "body"),
    [
        pytest.param(sign(OLD.key, STAMP, b"{}"), STAMP, b"{ }", id="another-body"),
        pytest.param(sign(OLD.key, STAMP, b"{}"), "1", b"{}", id="another-time"),
        pytest.param(sign(b"guess", STAMP, b"{}"), STAMP, b"{}", id="another-key"),
        pytest.param(sign(OLD.key, STAMP, b"{}")[7:], STAMP, b"{}", id="no-prefix"),
        pytest.param("", STAMP, b"{}", id="no-signature"),
        pytest.param("sha256=é", STAMP, b"{}", id="not-ascii"),
    ],
)
def test_what_nobody_signed_has_no_signers(given, stamp, body):
    assert signers((OLD, NEW), given, stamp, body) == ()


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        pytest.param(timedelta(0), True, id="now"),
        pytest.param(timedelta(minutes=5), True, id="five-minutes-old"),
        pytest.param(timedelta(minutes=5, seconds=1), False, id="older"),
        pytest.param(-timedelta(minutes=5), True, id="five-minutes-ahead"),
        pytest.param(-timedelta(minutes=5, seconds=1), False, id="further-ahead"),
    ],
)
def test_a_request_is_current_for_five_minutes_both_ways(age, expected):
    assert is_current(str(int((NOW - age).timestamp())), NOW) is expected


@pytest.mark.parametrize("stamp", ["", "now", "-1", f"{STAMP}.0", "٣", "9" * 5000])
def test_a_timestamp_that_is_not_unix_seconds_is_never_current(stamp):
    assert not is_current(stamp, NOW)


@pytest.mark.parametrize(
    ("namespaces", "expected"),
    [
        pytest.param(None, True, id="unlimited"),
        pytest.param(frozenset({"jx"}), True, id="for-this-one"),
        pytest.param(frozenset({"other"}), False, id="for-another"),
        pytest.param(frozenset(), False, id="for-none"),
    ],
)
def test_a_secret_admits_the_namespaces_it_is_for(namespaces, expected):
    assert Secret("ci", b"k", namespaces).admits("jx") is expected


def test_a_secret_does_not_show_its_key():
    assert "kkk" not in repr(OLD)
