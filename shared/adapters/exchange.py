"""One HTTP exchange: with a deadline, without a retry, and with no more of an answer than asked."""

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.adapters.timed import TimedResponse, left
from shared.domain.errors import Unavailable

_LARGEST = 1 << 20  # bytes of an answer that are read


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. The names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Any 2xx."""
        return 200 <= self.status < 300


def exchange(
    method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, seconds: float
) -> Answer:
    """Asks once. Unavailable where not all of an answer came back in so many seconds."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = kind(parts.netloc, timeout=seconds)
    connection.response_class = TimedResponse
    ends = time.monotonic() + seconds
    try:
        connection.connect()
        connection.sock.settimeout(left(ends))
        connection.request(method, path, body or None, dict(headers))
        connection.sock.settimeout(left(ends))
        response = connection.getresponse()
        said = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, said, response.read(_LARGEST))
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(f"{parts.netloc}: {error!r}") from error
    finally:
        connection.close()
