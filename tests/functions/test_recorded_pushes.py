"""What Pub/Sub's emulator pushed, byte for byte, into the real server of every function that takes
events: each is answered so that it does not come again, and said why nothing came of it.
"""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.domain.events import ANALYSIS_TICK, PROMOTION_REQUESTED, ROLLBACK_REQUESTED
from shared.domain.fields import text
from tests.functions.place import Place, a_place

pytestmark = pytest.mark.loopback
RECORDINGS = Path(__file__).parents[1] / "data" / "pubsub"
FUNCTIONS = ["start_canary", "analysis_tick", "rollback"]
# 01 to 03 are a promotion that lacks its id and time; 04 and 05 are no events.
WHY = {
    "start_canary": "refused: time: wanted",
    "analysis_tick": f"refused: type: wanted {ANALYSIS_TICK}",
    "rollback": f"refused: type: wanted {ROLLBACK_REQUESTED}",
}


@pytest.fixture(scope="module", params=FUNCTIONS)
def place(request, tmp_path_factory) -> Iterator[tuple[str, Place]]:
    with a_place(request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield request.param, found


def pushed(place: Place, recording: str) -> bytes:
    """The status line and the rest of the answer, once the connection is closed."""
    request = (RECORDINGS / recording).read_bytes()
    once = request.replace(b"Connection: keep-alive", b"Connection: close")
    with socket.create_connection(("127.0.0.1", place.port), timeout=30) as connection:
        connection.sendall(once)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("way", ["wrapped", "unwrapped"])
@pytest.mark.parametrize("number", ["01", "02", "03"])
def test_a_recorded_promotion_is_acknowledged(place, way, number):
    function, here = place

    answer = pushed(here, f"{way}/{number}.http")

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 204 ")
    assert body == b""
    line = here.lines()[-1]
    assert (line["event"], line["type"]) == (f"a{int(number)}", PROMOTION_REQUESTED)
    assert text(line, "message").startswith(WHY[function])


@pytest.mark.parametrize("way", ["wrapped", "unwrapped"])
@pytest.mark.parametrize("number", ["04", "05"])
def test_a_recorded_message_that_is_no_event_is_acknowledged(place, way, number):
    _, here = place

    answer = pushed(here, f"{way}/{number}.http")

    assert answer.startswith(b"HTTP/1.1 204 ")
    assert text(here.lines()[-1], "message").startswith("refused: not ")
