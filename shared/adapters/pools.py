"""urllib3's pools of connections, with answers that are read against the clock."""

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from shared.adapters.timed import TimedResponse


def read_in_time(manager: PoolManager) -> None:
    """From now on the read timeout of a request is for its whole answer, not for each read."""
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}


class _Plain(HTTPConnection):
    response_class = TimedResponse


class _Tls(HTTPSConnection):
    response_class = TimedResponse


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls
