"""One exchange has one deadline, whatever the other side makes of its time."""

import time

import pytest

from shared.adapters.exchange import exchange
from shared.domain.errors import Unavailable
from tests.adapters.servers import answering, dribbling, silent

pytestmark = pytest.mark.loopback


@pytest.mark.parametrize(
    "server",
    [
        pytest.param(silent(), id="nothing"),
        pytest.param(dribbling(b"HTTP/1.1 202 OK\r\nX: "), id="a-head-without-end"),
        pytest.param(
            dribbling(b"HTTP/1.1 202 OK\r\nContent-Length: 99999\r\n\r\n"), id="a-body-without-end"
        ),
        pytest.param(
            dribbling(b"HTTP/1.1 202 OK\r\nConnection: close\r\n\r\n"), id="until-it-hangs-up"
        ),
    ],
)
def test_an_answer_that_never_comes_to_its_end_is_left_in_time(server):
    started = time.monotonic()

    with server as url, pytest.raises(Unavailable, match="TimeoutError"):
        exchange("POST", url, {}, b"{}", seconds=0.3)

    assert 0.3 <= time.monotonic() - started < 2


def test_an_answer_is_read_whole_with_its_headers_in_lower_case():
    head = b"HTTP/1.1 404 X\r\nX-Why: gone\r\nTransfer-Encoding: chunked\r\n\r\n"

    with answering(head + b"2\r\nno\r\n0\r\n\r\n") as url:
        answer = exchange("GET", f"{url}/a?b=c", {}, seconds=5)

    assert (answer.status, answer.headers["x-why"], answer.body) == (404, "gone", b"no")
