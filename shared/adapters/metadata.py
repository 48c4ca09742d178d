"""Google Cloud's metadata server: the token that shows who this process is.

Asked directly, as it is one GET: google-auth's own credentials make three requests for it, sleep
between five tries of each, and look for a region's endpoint outside.
https://cloud.google.com/compute/docs/access/authenticate-workloads#applications
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from urllib.parse import urlencode

from shared.adapters.codec import parse
from shared.adapters.exchange import exchange
from shared.domain.errors import Refused, Unavailable
from shared.domain.fields import mapping, quoted, text, whole

_PATH = "/computeMetadata/v1/instance/service-accounts/default/token"
# Without the second GKE knows an account by a number, not by its email.
_SCOPES = ("cloud-platform", "userinfo.email")
_FLAVOR = {"Metadata-Flavor": "Google"}
_SECONDS = 3.0  # it is on the same machine
_EARLY = timedelta(minutes=3)  # before its end; the server has a new one 5 minutes before


class MetadataServer:
    """Safe to share between threads. A token is kept until shortly before its end."""

    def __init__(self, host: str, now: Callable[[], datetime]) -> None:
        """Asks nothing yet."""
        scopes = ",".join(f"https://www.googleapis.com/auth/{scope}" for scope in _SCOPES)
        self._url = f"http://{host}{_PATH}?{urlencode({'scopes': scopes})}"
        self._now = now
        self._lock = Lock()
        self._token = ""
        self._ends = datetime.min.replace(tzinfo=UTC)

    def token(self) -> str:
        """An access token of the service account that this process runs as."""
        with self._lock:
            if self._now() >= self._ends:
                self._renew()
            return self._token

    def _renew(self) -> None:
        answer = exchange("GET", self._url, _FLAVOR, seconds=_SECONDS)
        if answer.status != 200:
            said = quoted(answer.body.decode(errors="replace"))
            raise Unavailable(f"{self._url}: {answer.status}: {said}")
        try:
            grant = mapping(parse(answer.body))
            token, lasts = text(grant, "access_token"), whole(grant, "expires_in")
        except Refused as error:
            raise Unavailable(f"{self._url}: no token: {error}") from error
        if not token:
            raise Unavailable(f"{self._url}: no token in the answer")
        self._token, self._ends = token, self._now() + timedelta(seconds=lasts) - _EARLY
