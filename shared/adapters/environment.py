"""How a variable of the environment becomes a value; what was wanted is the error's text."""

import base64
import os
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from shared.domain import durations

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAME = rf"{_LABEL}(\.{_LABEL})*"
_VALUE = r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?"
_KEY = rf"({_NAME}/)?{_VALUE}"
_REQUIREMENT = (
    rf"!?\s*{_KEY}|{_KEY}\s*(=|==|!=)\s*({_VALUE})?"
    rf"|{_KEY}\s+(in|notin)\s+\(\s*{_VALUE}(\s*,\s*{_VALUE})*\s*\)"
)


class BadSetting(Exception):  # noqa: N818 - named by what it is about
    """A setting that cannot be used: its name, its value, and what was wanted."""


@dataclass(frozen=True, slots=True)
class Variable(Generic[T]):
    """A variable, how its text becomes a value, and what it means; `instead` names stand-ins."""

    name: str
    default: str
    parse: Callable[[str], T]
    meaning: str
    instead: tuple[str, ...] = ()

    def read(self, environ: Mapping[str, str]) -> T:
        """Its value: the first name that is set and not empty counts, else the default."""
        named = [name for name in (self.name, *self.instead) if environ.get(name)]
        name = named[0] if named else self.name
        value = environ[name] if named else self.default
        try:
            return self.parse(value)
        except ValueError as error:
            raise BadSetting(f"{name}={shown(value)}: wanted {error}") from error


def shown(value: str) -> str:
    """A value as an error may show it: without the user info of an address."""
    return repr(re.sub(r"//[^/]*@", "//…@", value))


def files(value: str) -> str:
    """Paths with colons between them, as kubectl takes them; one at least must be there."""
    paths = [Path(path).expanduser() for path in value.split(os.pathsep) if path]
    if paths and not any(path.is_file() for path in paths):
        raise ValueError("a file that is there")
    return value


def address(value: str) -> str:
    """An HTTP address, or nothing. Secrets have no place in it."""
    if value and not _is_address(value):
        raise ValueError("an http or https address in ASCII, without user info")
    return value


def secure_address(value: str) -> str:
    """An address that may be shown a token: https, or http within this machine."""
    if value and not (_is_address(value) and _is_private(value)):
        raise ValueError("an https address in ASCII, without user info")
    return value


def certificates(value: str) -> str:
    """Certificates in PEM, out of base64; or nothing."""
    if not value:
        return ""
    try:
        found = base64.b64decode(value, validate=True).decode()
        ssl.create_default_context(cadata=found)
    except (ValueError, ssl.SSLError) as error:
        raise ValueError("certificates in PEM, in base64") from error
    return found


def host(value: str) -> str:
    """A host's name or address, and maybe a port."""
    plain = re.fullmatch(r"[A-Za-z0-9.-]+(:\d{1,5})?", value, re.ASCII)
    if not (plain and _is_address(f"http://{value}")):
        raise ValueError("<host> or <host>:<port>")
    return value


def topic(value: str) -> str:
    """A topic of Pub/Sub, or nothing."""
    if value and not re.fullmatch(r"projects/[^/\s]+/topics/[^/\s]+", value):
        raise ValueError("projects/<project>/topics/<topic>")
    return value


def queue(value: str) -> str:
    """A queue of Cloud Tasks, or nothing."""
    if value and not re.fullmatch(r"projects/[^/\s]+/locations/[^/\s]+/queues/[^/\s]+", value):
        raise ValueError("projects/<project>/locations/<location>/queues/<queue>")
    return value


def account(value: str) -> str:
    """A service account of Google Cloud by its email, or nothing."""
    if value and not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise ValueError("a service account's email")
    return value


def destination(value: str) -> str:
    """Where a PingSource sends: an object by kind and name, or an address."""
    if "://" in value:
        return address(value)
    if not re.fullmatch(rf"[a-z]+/{_NAME}", value):
        raise ValueError("<kind>/<name> or an http address")
    return value


def namespace(value: str) -> str:
    """The name of a namespace."""
    if not re.fullmatch(_LABEL, value):
        raise ValueError("a namespace's name")
    return value


def namespaces(value: str) -> tuple[str, ...]:
    """Names of namespaces, with commas between them."""
    return tuple(namespace(item.strip()) for item in value.split(",") if item.strip())


def selector(value: str) -> str:
    """A label selector as kubectl takes it, or nothing."""
    if value and not re.fullmatch(rf"\s*({_REQUIREMENT})\s*(,\s*({_REQUIREMENT})\s*)*", value):
        raise ValueError("a label selector")
    return value


def choice(kind: type[E]) -> Callable[[str], E]:
    """One member of a closed set."""

    def parse(value: str) -> E:
        if value not in list(kind):
            raise ValueError(f"one of {', '.join(kind)}")
        return kind(value)

    return parse


def duration(shortest: timedelta, longest: timedelta) -> Callable[[str], timedelta]:
    """A time span such as 500ms, 5s or 1m30s; a bare number is seconds."""

    def parse(value: str) -> timedelta:
        span = durations.parse(f"{value}s" if value.isdigit() else value)
        if span is None or not shortest <= span <= longest:
            raise ValueError(f"a duration from {_seconds(shortest)} to {_seconds(longest)}")
        return span

    return parse


def whole(least: int, most: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def parse(value: str) -> int:
        if re.fullmatch(r"\d{1,9}", value, re.ASCII) and least <= int(value) <= most:
            return int(value)
        raise ValueError(f"a whole number from {least} to {most}")

    return parse


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():g}s"


def _is_private(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or parts.hostname in ("127.0.0.1", "localhost")


def _is_address(value: str) -> bool:
    """One that a client can use: it would raise at every event for any other."""
    try:
        parts = urlsplit(value)
        usable = _is_host(parts.hostname or "") and parts.port != 0  # reading a bad port raises
    except ValueError:
        return False
    plain = "@" not in parts.netloc and re.fullmatch("[!-~]+", value) is not None
    return usable and plain and parts.scheme in ("http", "https")


def _is_host(name: str) -> bool:
    """Of labels that a name server could know; the one of the root may end it."""
    return all(0 < len(label) < 64 for label in name.removesuffix(".").split("."))
