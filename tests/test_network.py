"""The tests themselves: none reaches a network that its marker does not promise."""

import socket

import pytest

# pytest-socket warns before it raises, and a warning is an error here.


def test_without_a_marker_there_are_no_sockets() -> None:
    with pytest.raises(UserWarning, match=r"tried to use socket\.socket\."):
        socket.socket()


@pytest.mark.loopback
def test_on_loopback_there_is_nothing_but_loopback() -> None:
    with (
        socket.socket() as outside,
        pytest.raises(UserWarning, match=r'with host "192\.0\.2\.1"'),
    ):
        outside.connect(("192.0.2.1", 80))
