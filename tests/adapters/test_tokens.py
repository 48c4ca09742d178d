"""Who is let in: whoever shows a token that Google signed, for us, of the account that pushes."""

import base64
import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event

import pytest
from google.auth import crypt, jwt

from shared.adapters.settings import PushSettings
from shared.adapters.tokens import CERTIFICATES, Stranger, Tokens, admission
from shared.domain.errors import Unavailable
from tests.adapters.servers import answering, silent
from tests.certificates import Certificate, a_certificate
from tests.served import Reply, Request, served

pytestmark = pytest.mark.loopback
AUDIENCE = "https://analysis-tick.example.com"
ACCOUNT = "push@p.iam.gserviceaccount.com"
SETTINGS = PushSettings(AUDIENCE, ACCOUNT)
KEY, OTHER_KEY = a_certificate(), a_certificate()


@dataclass(slots=True)
class Google:
    """Where the certificates are, which there are, and how often they were asked for. It can be
    down, and it can keep whoever asks waiting.
    """

    url: str = ""
    status: int = 200
    answers: Event = field(default_factory=Event)
    certificates: dict[str, str] = field(default_factory=lambda: {"k1": KEY.certificate})
    asked: int = 0

    def answer(self, request: Request) -> Reply:
        self.asked += 1
        self.answers.wait(20)
        return Reply(self.status, json.dumps(self.certificates).encode())


@pytest.fixture
def google() -> Iterator[Google]:
    google = Google()
    google.answers.set()
    with served(google.answer) as url:
        google.url = f"{url}/oauth2/v1/certs"
        try:
            yield google
        finally:
            google.answers.set()


def token(key: Certificate = KEY, name: str = "k1", **claims: object) -> str:
    """One as Google makes it for a push, but for these claims; without those that are None."""
    now = int(time.time())
    said: dict[str, object] = {
        "iss": "https://accounts.google.com",
        "aud": AUDIENCE,
        "email": ACCOUNT,
        "email_verified": True,
        "sub": "113774264463038321964",
        "iat": now,
        "exp": now + 3600,
        **claims,
    }
    return signed({claim: value for claim, value in said.items() if value is not None}, key, name)


def signed(claims: Mapping[str, object], key: Certificate = KEY, name: str = "k1") -> str:
    signer = crypt.RSASigner.from_string(key.key, name)
    return str(jwt.encode(signer, claims).decode())


def shown(google: Google, made: str) -> None:
    Tokens(SETTINGS, google.url).admit(f"Bearer {made}")


@pytest.mark.parametrize("issuer", ["https://accounts.google.com", "accounts.google.com"])
def test_the_account_that_pushes_is_let_in(google, issuer):
    shown(google, token(iss=issuer))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_written_as_one_likes(google, scheme):
    Tokens(SETTINGS, google.url).admit(f"{scheme} {token()}")


HOURS_AGO = int(time.time()) - 7200


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        pytest.param({"iss": "https://accounts.example.com"}, "issued by", id="another-issuer"),
        pytest.param({"iss": None}, "issued by", id="no-issuer"),
        pytest.param({"aud": "https://rollback.example.com"}, "audience", id="another-audience"),
        pytest.param({"aud": None}, "audience", id="no-audience"),
        pytest.param({"email": "x@p.iam.gserviceaccount.com"}, "is of 'x@", id="another-account"),
        pytest.param({"email": None}, "is of", id="no-account"),
        pytest.param({"email_verified": False}, "is of", id="not-verified"),
        pytest.param({"email_verified": "true"}, "is of", id="verified-in-words"),
        pytest.param({"email_verified": None}, "is of", id="verified-by-nobody"),
        pytest.param({"iat": HOURS_AGO, "exp": HOURS_AGO + 3600}, "expired", id="expired"),
        pytest.param({"exp": None}, "not signed", id="for-ever"),
        pytest.param({"iat": HOURS_AGO + 14400}, "too early", id="of-the-future"),
    ],
)
def test_a_token_that_says_anything_else_is_a_strangers(google, claims, why):
    with pytest.raises(Stranger, match=why):
        shown(google, token(**claims))


@pytest.mark.parametrize("claim", ["iat", "exp"])
@pytest.mark.parametrize("value", [None, [], {}, "soon"])
def test_a_token_whose_times_are_no_numbers_is_a_strangers(google, claim, value):
    now = int(time.time())

    with pytest.raises(Stranger, match="no number"):
        shown(google, signed({"aud": AUDIENCE, "iat": now, "exp": now + 60, claim: value}))


def part(said: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


def unsigned(algorithm: str) -> str:
    _, claims, _ = token().split(".")
    return f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': 'k1'})}.{claims}."


def signed_as_another() -> str:
    """The claims of one token with the signature of another."""
    head, _, signature = token(email="x@p.iam.gserviceaccount.com").split(".")
    return ".".join((head, token().split(".")[1], signature))


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(token(OTHER_KEY), id="another-key-under-the-same-name"),
        pytest.param(token(OTHER_KEY, "k2"), id="a-key-that-is-not-googles"),
        pytest.param(unsigned("none"), id="unsigned"),
        pytest.param(unsigned("RS256"), id="without-its-signature"),
        pytest.param(unsigned("HS256"), id="another-algorithm"),
        pytest.param(signed_as_another(), id="claims-of-another"),
        pytest.param("a.b.c", id="no-json"),
        pytest.param("x", id="one-part"),
        pytest.param(f"{part([])}.{part([])}.", id="lists"),
        pytest.param(f"{part({'alg': 'RS256', 'kid': ['k1']})}.{part({})}.", id="a-list-of-keys"),
        pytest.param(f"{'W' * 7000}.{'W' * 7000}.", id="no-end"),
        pytest.param("ä.ö.ü", id="no-ascii"),
    ],
)
def test_what_google_has_not_signed_is_a_strangers(google, made):
    with pytest.raises(Stranger) as refused:
        shown(google, made)

    assert made not in str(refused.value)


def test_a_token_of_another_kind_of_key_is_a_strangers(google):
    head = part({"alg": "ES256", "kid": "k1"})
    _, claims, signature = token().split(".")

    with pytest.raises(Stranger):
        shown(google, f"{head}.{claims}.{signature}")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Basic eDp5", token()])
def test_without_a_token_nobody_is_asked(google, authorization):
    with pytest.raises(Stranger, match="no token"):
        Tokens(SETTINGS, google.url).admit(authorization)

    assert google.asked == 0


@pytest.mark.parametrize(
    "there",
    [
        pytest.param(answering(b""), id="hangs-up"),
        pytest.param(silent(), id="silent"),
        pytest.param(answering(b"HTTP/1.1 500 X\r\n\r\n"), id="500"),
        pytest.param(answering(b"HTTP/1.1 200 X\r\n\r\n<html>"), id="html"),
        pytest.param(answering(b'HTTP/1.1 200 X\r\n\r\n{"keys": []}'), id="another-format"),
    ],
)
def test_without_googles_certificates_it_cannot_be_told(there):
    with there as url, pytest.raises(Unavailable, match=r"certificates|127\.0\.0\.1"):
        Tokens(SETTINGS, url).admit(f"Bearer {token()}")


@dataclass(slots=True)
class Clock:
    """Seconds, as the test has them."""

    seconds: float = 0.0


def asking(google):
    """Tokens that ask this Google, and their clock."""
    clock = Clock()
    return Tokens(SETTINGS, google.url, lambda: clock.seconds), clock


def test_certificates_are_asked_for_once_an_hour(google):
    tokens, clock = asking(google)

    for clock.seconds in (0, 60, 3599):
        tokens.admit(f"Bearer {token()}")
    assert google.asked == 1

    clock.seconds = 3600
    tokens.admit(f"Bearer {token()}")
    assert google.asked == 2


def test_a_new_key_is_known_within_a_minute_and_made_up_ones_ask_no_more_often(google):
    tokens, clock = asking(google)
    tokens.admit(f"Bearer {token()}")
    google.certificates["k2"] = OTHER_KEY.certificate

    for clock.seconds in (1, 59):
        with pytest.raises(Stranger):
            tokens.admit(f"Bearer {token(OTHER_KEY, 'k2')}")
    assert google.asked == 1

    clock.seconds = 60
    tokens.admit(f"Bearer {token(OTHER_KEY, 'k2')}")
    assert google.asked == 2


def test_certificates_that_could_not_be_had_are_asked_for_again_but_not_at_once(google):
    tokens, clock = asking(google)
    google.status = 500

    for clock.seconds in (0, 9):
        with pytest.raises(Unavailable, match="answered 500"):
            tokens.admit(f"Bearer {token()}")
    assert google.asked == 1

    google.status, clock.seconds = 200, 10
    tokens.admit(f"Bearer {token()}")
    assert google.asked == 2


def test_a_key_that_is_known_is_kept_for_longer_while_newer_ones_cannot_be_had(google):
    tokens, clock = asking(google)
    tokens.admit(f"Bearer {token()}")
    google.status = 500

    for clock.seconds in (3600, 3609, 6 * 3600 - 1):
        tokens.admit(f"Bearer {token()}")
    assert google.asked == 3

    clock.seconds = 6 * 3600 + 9
    with pytest.raises(Unavailable, match="answered 500"):
        tokens.admit(f"Bearer {token()}")


@pytest.mark.parametrize("later", [60, 3600])
def test_who_has_a_key_that_is_known_does_not_wait_for_who_makes_one_up(google, later):
    tokens, clock = asking(google)
    tokens.admit(f"Bearer {token()}")
    google.answers.clear()
    clock.seconds = later

    with ThreadPoolExecutor(1) as other:
        stranger = other.submit(tokens.admit, f"Bearer {token(OTHER_KEY, 'made-up')}")
        while google.asked < 2:
            time.sleep(0.01)
        tokens.admit(f"Bearer {token()}")

        assert not stranger.done()
        google.answers.set()
        assert isinstance(stranger.exception(), Stranger)


def test_where_the_platform_checks_everybody_who_came_through_is_let_in():
    admission(None)("")


def test_where_it_does_not_googles_own_certificates_count():
    assert CERTIFICATES == "https://www.googleapis.com/oauth2/v1/certs"
    with pytest.raises(Stranger):
        admission(SETTINGS)("")
