"""A request as it was sent, and what is answered: an object, a text, or a stream."""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass

from infra.local.apiserver import errors
from infra.local.apiserver.trees import Tree, Value

_EXACT = 2**53  # below it, every whole number is a float
PLAIN_BODY = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks."""

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    accept: str
    content_type: str
    data: bytes
    agent: str = ""  # the program that asks

    def body(self) -> Value:
        """The JSON in the body; None where there is none."""
        if not self.data:
            return None
        try:
            return json.loads(self.data, parse_float=_number)
        except ValueError as error:
            if self.method == "PATCH":
                raise errors.bad_request("invalid JSON patch") from error
            raise errors.bad_request(f"the body of the request is no JSON: {error}") from error

    def tree(self) -> Tree:
        """The object in the body."""
        if self.content_type not in ("", PLAIN_BODY):
            raise errors.unsupported_media([PLAIN_BODY])
        found = self.body()
        if not isinstance(found, dict):
            raise errors.bad_request("the body of the request is no object")
        return found

    def number(self, name: str) -> int:
        """A query parameter that is a whole number; 0 where it is absent."""
        found = self.query.get(name) or "0"
        if not found.isdecimal():
            raise errors.bad_request(f'strconv.ParseInt: parsing "{found}": invalid syntax')
        return int(found)

    def asks(self, flag: str) -> bool:
        """Whether a query parameter is set to a true value."""
        return self.query.get(flag, "").lower() in ("1", "true", "t")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a client gets: an object, or a text."""

    body: Tree | str
    code: int = 200
    content_type: str = PLAIN_BODY
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """What a watching client gets: objects as they come; None where there is nothing new yet."""

    items: Generator[Tree | None]


def _number(text: str) -> float:
    """A number as Go writes it again: one without a fraction has no dot."""
    found = float(text)
    return int(found) if found.is_integer() and abs(found) < _EXACT else found
