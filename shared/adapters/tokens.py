"""Who calls: the token with which Google signs a push, checked where the platform does not.

On Cloud Run an invocation is refused before it reaches us. Anywhere else whoever reaches a function
could send it events: there a push subscription, a job of Cloud Scheduler or a task shows a token.
https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
"""

import math
import time
from collections.abc import Callable, Mapping
from threading import Lock

from shared.adapters.codec import parse
from shared.adapters.exchange import exchange
from shared.adapters.settings import PushSettings
from shared.domain.errors import Refused, Unavailable
from shared.domain.fields import Object, pairs, quoted

CERTIFICATES = "https://www.googleapis.com/oauth2/v1/certs"
_ISSUERS = ("https://accounts.google.com", "accounts.google.com")
_SECONDS = 5.0
_SKEW = 10  # seconds by which clocks may differ
_KEPT = 3600.0  # seconds; keys are published hours before they are used, and stay as long after
_KEPT_AT_MOST = 6 * 3600.0  # seconds; where newer ones cannot be had
_ASKED_AGAIN = 60.0  # seconds; a key that is not known may be new, or made up
_TRIED_AGAIN = 10.0  # seconds; after there was no answer
_NOT_GOOGLES = "the token is malformed, or not signed by a key of Google's"

Admit = Callable[[str], None]  # given the header Authorization


class Stranger(Exception):  # noqa: N818 - named by what it is about, as the replies are
    """Whoever calls has not shown that they may (reply 401)."""


def admission(settings: PushSettings | None) -> Admit:
    """The check that the settings ask for; without any, the platform has made it."""
    return anybody if settings is None else Tokens(settings).admit


def anybody(authorization: str) -> None:
    """Whoever came through to us may call."""


class Tokens:
    """Admits one account, with a token that was made for us. Safe to share between threads."""

    def __init__(
        self,
        settings: PushSettings,
        certificates: str = CERTIFICATES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Asks for no certificates yet."""
        self._settings = settings
        self._url = certificates
        self._monotonic = monotonic
        self._lock = Lock()
        self._known: Mapping[str, str] = {}
        self._since = self._not_before = -math.inf  # known since; not asked for again before
        self._missing = ""  # why they could not be had when they were asked for last

    def admit(self, authorization: str) -> None:
        """Stranger, with the reason, for any other; Unavailable where that cannot be told."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Stranger("no token")
        claims = self._claims(token.strip())
        if claims.get("iss") not in _ISSUERS:
            raise Stranger(f"the token is issued by {quoted(claims.get('iss'))!r}")
        if (
            claims.get("email") != self._settings.account
            or claims.get("email_verified") is not True
        ):
            raise Stranger(f"the token is of {quoted(claims.get('email'))!r}")

    def _claims(self, token: str) -> Object:
        """What a key of Google's has signed, for this audience, and for now."""
        from google.auth import exceptions, jwt

        certificates = self._certificates(_key(token))
        try:
            claims: Object = jwt.decode(  # type: ignore[no-untyped-call]  # untyped
                token,
                certificates,
                audience=self._settings.audience,
                clock_skew_in_seconds=_SKEW,
            )
        except exceptions.InvalidValue as error:
            raise Stranger(quoted(str(error))) from error
        except TypeError as error:
            raise Stranger("the token's iat or exp is no number") from error
        except (ValueError, RecursionError) as error:  # the message would repeat the token
            raise Stranger(_NOT_GOOGLES) from error
        return claims

    def _certificates(self, key: str) -> Mapping[str, str]:
        """Nobody who has a key that is known waits until somebody else was answered: anybody can
        make up the name of a key, and have Google asked.
        """
        if self._knows(key, _KEPT):
            return self._known
        if self._lock.acquire(blocking=not self._knows(key, _KEPT_AT_MOST)):
            try:
                self._learn(key)
            finally:
                self._lock.release()
        if self._missing and not self._knows(key, _KEPT_AT_MOST):
            raise Unavailable(self._missing)
        return self._known

    def _knows(self, key: str, seconds: float) -> bool:
        return key in self._known and self._monotonic() - self._since < seconds

    def _learn(self, key: str) -> None:
        """Asks, unless somebody just did, whatever came of it."""
        if self._knows(key, _KEPT) or self._monotonic() < self._not_before:
            return
        try:
            self._known = self._fetched()
        except Unavailable as error:
            self._missing = str(error)
            self._not_before = self._monotonic() + _TRIED_AGAIN
        else:
            self._missing = ""
            self._since = self._monotonic()
            self._not_before = self._since + _ASKED_AGAIN

    def _fetched(self) -> Mapping[str, str]:
        answer = exchange("GET", self._url, {}, seconds=_SECONDS)
        if answer.status != 200:
            raise Unavailable(f"Google's certificates: {self._url} answered {answer.status}")
        try:
            return pairs(parse(answer.body))
        except Refused as error:
            raise Unavailable(f"Google's certificates: {self._url}: {error}") from error


def _key(token: str) -> str:
    """The name of the key that is said to have signed it."""
    from google.auth import jwt

    try:
        return str(jwt.decode_header(token).get("kid"))  # type: ignore[no-untyped-call]  # untyped
    except (ValueError, RecursionError) as error:
        raise Stranger(_NOT_GOOGLES) from error
