"""The etcd of a control plane: what a namespace holds is kept, and put back as it was.

The API server itself has no way back: what is written again has another generation, and what is
made again another uid. Beneath it there is one; it sees a change like any other.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import urllib3

_REGISTRY = ("/registry/", "/registry0")  # all keys of the API server: a range, and where it ends

Kept = Mapping[str, str]  # what each key of a namespace holds, as etcd sends it (base64)


@dataclass(frozen=True, slots=True)
class Etcd:
    """Over its JSON gateway (etcd.io/docs: gRPC gateway). Keys and values are base64 there."""

    url: str
    namespace: str
    pool: urllib3.PoolManager = field(default_factory=urllib3.PoolManager)

    def keep(self) -> Kept:
        """All that the namespace holds."""
        return {key: self._ask("range", key=key)["kvs"][0]["value"] for key in self._keys()}

    def put_back(self, kept: Kept) -> None:
        """Everything that was kept, and nothing else."""
        new = [key for key in self._keys() if key not in kept]
        puts = [{"requestPut": {"key": key, "value": value}} for key, value in kept.items()]
        deletions = [{"requestDeleteRange": {"key": key}} for key in new]
        assert self._ask("txn", success=[*puts, *deletions])["succeeded"]

    def _keys(self) -> list[str]:
        start, end = map(_encoded, _REGISTRY)
        found = self._ask("range", key=start, range_end=end, keys_only=True)["kvs"]
        return [one["key"] for one in found if self._is_in(base64.b64decode(one["key"]))]

    def _is_in(self, key: bytes) -> bool:
        return f"/{self.namespace}/".encode() in key

    def _ask(self, what: str, **asked: Any) -> dict[str, Any]:
        url, body = f"{self.url}/v3/kv/{what}", json.dumps(asked).encode()
        response = self.pool.request("POST", url, body=body, timeout=10.0)
        assert response.status == 200, response.data
        answer: dict[str, Any] = json.loads(response.data)
        return answer


def _encoded(key: str) -> str:
    return base64.b64encode(key.encode()).decode()
