"""A promotion: the wish that an environment runs a version, as pipelines and events carry it."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.domain import dns
from shared.domain.fields import Json, Object, at, text, wrong
from shared.domain.images import is_reference
from shared.domain.instants import WANTED, instant, written


@dataclass(frozen=True, slots=True)
class Promotion:
    """`id` is a pipeline run or a merge commit. With an image it is a command, else a hint."""

    id: str
    time: datetime
    app: str
    version: str
    environment: str
    namespace: str
    image: str | None = None
    repository: str | None = None
    commit: str | None = None
    pull_request: str | None = None


def from_content(content: Object) -> Promotion:
    """Reads a promotion; a field that is missing or does not fit is refused by path and value."""
    time = instant(content, "time")
    if time is None:
        raise wrong(("time",), None, WANTED)
    return Promotion(
        id=_required(content, "id", _line(256)),
        time=time,
        app=_required(content, "app", _NAME),
        version=_required(content, "version", _word(128)),
        environment=_required(content, "environment", _word(253)),
        namespace=_required(content, "namespace", _NAMESPACE),
        image=_optional(content, "image", _IMAGE),
        repository=_optional(content, "repository", _word(2048)),
        commit=_optional(content, "commit", _word(128)),
        pull_request=_pull_request(content),
    )


def to_content(promotion: Promotion) -> Object:
    """The fields as the wire names them; what was not said stays absent."""
    said = {
        "id": promotion.id,
        "time": written(promotion.time),
        "app": promotion.app,
        "version": promotion.version,
        "environment": promotion.environment,
        "namespace": promotion.namespace,
        "image": promotion.image,
        "repository": promotion.repository,
        "commit": promotion.commit,
        "pullRequest": promotion.pull_request,
    }
    return {name: value for name, value in said.items() if value is not None}


def event_id(promotion: Promotion) -> str:
    """The id of its event: the same for every repeat of the same promotion."""
    where = (promotion.environment, promotion.namespace)
    named = json.dumps([promotion.id, promotion.app, *where])
    return hashlib.sha256(named.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a field must look like, and how an error says so."""

    fits: Callable[[str], bool]
    wanted: str


def _line(longest: int) -> _Shape:
    return _Shape(
        lambda value: len(value) <= longest and value.isprintable() and bool(value.strip()),
        f"at most {longest} printable characters",
    )


def _word(longest: int) -> _Shape:
    return _Shape(
        lambda value: 0 < len(value) <= longest and value.isprintable() and " " not in value,
        f"at most {longest} printable characters without a space",
    )


_NAMESPACE = _Shape(dns.is_label, dns.LABEL)
_NAME = _Shape(dns.is_name, dns.NAME)
_IMAGE = _Shape(is_reference, "an image reference")


def _required(content: Object, name: str, shape: _Shape) -> str:
    value = _optional(content, name, shape)
    if value is None:
        raise wrong((name,), None, shape.wanted)
    return value


def _optional(content: Object, name: str, shape: _Shape) -> str | None:
    """An empty string is not absence: in a template it is a variable that nobody set."""
    if at(content, name) is None:
        return None
    value = text(content, name)
    if not shape.fits(value):
        raise wrong((name,), value, shape.wanted)
    return value


def _pull_request(content: Object) -> str | None:
    """A number or an address: providers give both."""
    value: Json = at(content, "pullRequest")
    if isinstance(value, int) and not isinstance(value, bool):
        return _optional({"pullRequest": str(value)}, "pullRequest", _word(2048))
    return _optional(content, "pullRequest", _word(2048))
