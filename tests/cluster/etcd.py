"""The etcd of a control plane: what a rollout wrote in a namespace is kept, and put back as it was.

The API server itself has no way back: what is written again has another generation, and what is
made again another uid. Beneath it there is one; it sees a change like any other.
"""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

import urllib3

# Where the API server keeps what a rollout writes: /registry/<kind>/<namespace>/<name>.
_KINDS = (
    "controllerrevisions",
    "deployments",
    "events",
    "flagger.app/canaries",
    "networking.istio.io/destinationrules",
    "networking.istio.io/virtualservices",
    "services/specs",
    "sources.knative.dev/pingsources",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What each key held, as etcd sends it (base64), and the revision that last wrote it."""

    values: dict[str, str]
    revisions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Etcd:
    """Over its JSON gateway (etcd.io/docs: gRPC gateway). Keys and values are base64 there."""

    url: str
    namespace: str
    pool: urllib3.PoolManager = field(default_factory=urllib3.PoolManager)

    def keep(self) -> Kept:
        """All that the namespace holds."""
        found = self._found(keys_only=False)
        return Kept({one["key"]: one["value"] for one in found}, _revisions(found))

    def put_back(self, kept: Kept) -> None:
        """Everything that was kept, and nothing else."""
        now = _revisions(self._found(keys_only=True))
        old = [key for key, revision in kept.revisions.items() if now.get(key) != revision]
        puts = [{"requestPut": {"key": key, "value": kept.values[key]}} for key in old]
        new = [{"requestDeleteRange": {"key": key}} for key in now if key not in kept.values]
        answer = self._transaction([*puts, *new])
        kept.revisions.update(dict.fromkeys(old, answer["header"]["revision"]))

    def _found(self, *, keys_only: bool) -> list[dict[str, str]]:
        ranges = [
            {
                "requestRange": {
                    "key": _encoded(f"/registry/{kind}/{self.namespace}/"),
                    "range_end": _encoded(f"/registry/{kind}/{self.namespace}0"),  # 0 follows /
                    "keys_only": keys_only,
                }
            }
            for kind in _KINDS
        ]
        answers = self._transaction(ranges)["responses"]
        return [one for answer in answers for one in answer["response_range"].get("kvs", ())]

    def _transaction(self, requests: list[dict[str, Any]]) -> dict[str, Any]:
        url, body = f"{self.url}/v3/kv/txn", json.dumps({"success": requests}).encode()
        response = self.pool.request("POST", url, body=body, timeout=10.0)
        assert response.status == 200, response.data
        answer: dict[str, Any] = json.loads(response.data)
        return answer


def _revisions(found: list[dict[str, str]]) -> dict[str, str]:
    return {one["key"]: one["mod_revision"] for one in found}


def _encoded(key: str) -> str:
    return base64.b64encode(key.encode()).decode()
