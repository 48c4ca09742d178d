"""The tests themselves: none reaches a network that its marker does not promise."""

import socket

import pytest
from pytest_socket import SocketBlockedError, SocketConnectBlockedError


def test_without_a_marker_there_are_no_sockets() -> None:
    with pytest.raises(SocketBlockedError):
        socket.socket()


@pytest.mark.loopback
def test_on_loopback_there_is_nothing_but_loopback() -> None:
    with socket.socket() as outside, pytest.raises(SocketConnectBlockedError):
        outside.connect(("192.0.2.1", 80))
