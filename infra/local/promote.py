"""Sends a promotion to the webhook as a pipeline would: signed JSON over HTTP."""

import argparse
import json
import shlex
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from shared.domain.signature import sign

APP = "jx-production-croc-hunter-jenkinsx"
NAMESPACE = "jx-production"
_TIMEOUT = 10.0  # seconds


def promotion(version: str, now: datetime) -> Mapping[str, str]:
    """What a pipeline says once it has built and promoted a version of the sample app."""
    return {
        "id": f"croc-hunter-{version}-{now:%H%M%S}",
        "time": now.isoformat(),
        "app": APP,
        "version": version,
        "environment": "production",
        "namespace": NAMESPACE,
        "image": f"croc-hunter:{version}",
    }


def send(url: str, key: bytes, said: Mapping[str, str], now: datetime) -> tuple[int, str]:
    """Posts a promotion; status and body of the answer."""
    body, timestamp = json.dumps(said).encode(), str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "X-Spillway-Timestamp": timestamp,
        "X-Spillway-Signature-256": sign(key, timestamp, body),
    }
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - an http URL, from the lab
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def curl(url: str, secret: Path, version: str) -> str:
    """The same as lines for a shell with curl and openssl."""
    said = promotion(version, datetime.now(UTC))
    template = json.dumps({**said, "id": "ID", "time": "TIME"})
    body = shlex.quote(template).replace("ID", "'$ID'").replace("TIME", "'$TIME'")
    return f"""ID=croc-hunter-$RANDOM TIME=$(date -u +%Y-%m-%dT%H:%M:%SZ) NOW=$(date +%s)
BODY={body}
SUM=$(printf %s "$NOW.$BODY" | openssl dgst -sha256 -hmac "$(cat {shlex.quote(str(secret))})")
curl -i {url} -H 'Content-Type: application/json' -H "X-Spillway-Timestamp: $NOW" \\
  -H "X-Spillway-Signature-256: sha256=${{SUM##* }}" -d "$BODY\""""


def main() -> None:
    """Promotes a version in the lab that runs in a folder."""
    options = argparse.ArgumentParser(prog="python -m infra.local.promote", description=__doc__)
    options.add_argument("version", help="1.3.0, say; one that ends in -bad fails")
    options.add_argument("--state", type=Path, default=Path(".lab"), help="the lab's folder")
    given = options.parse_args()
    url = (given.state / "webhook").read_text().strip()
    key = (given.state / "secrets" / "pipeline").read_bytes()
    now = datetime.now(UTC)
    status, answer = send(url, key, promotion(given.version, now), now)
    print(status, answer)
    sys.exit(status != 202)


if __name__ == "__main__":
    main()
