"""Inline queries: PromQL with the few Go template functions that Flagger fills in (specs §4.1)."""

from collections.abc import Iterator, Mapping

from shared.domain import fields
from shared.domain.errors import Refused

FUNCTIONS = frozenset({"name", "namespace", "target", "service", "ingress", "route", "interval"})

_SPACE = " \t\r\n"  # what Go's text/template calls space


def check(text: str) -> str | None:
    """The first thing in {{ }} that is none of FUNCTIONS, with its braces; None where all are."""
    for _, action in _split(text):
        if action and _function(action) not in FUNCTIONS:
            return action
    return None


def render(text: str, values: Mapping[str, str]) -> str:
    """The query with every function replaced by its value. What `check` names is refused."""
    rendered = []
    trim = False
    for literal, action in _split(text):
        plain = literal.lstrip(_SPACE) if trim else literal
        rendered.append(plain.rstrip(_SPACE) if _trims_before(action) else plain)
        trim = _trims_after(action)
        if action:
            rendered.append(_value(action, values))
    return "".join(rendered)


def _split(text: str) -> Iterator[tuple[str, str]]:
    """Each literal text with the action that ends it; the last one has none."""
    start = 0
    while (opened := text.find("{{", start)) >= 0:
        closed = text.find("}}", opened)
        end = closed + 2 if closed >= 0 else len(text)
        yield text[start:opened], text[opened:end]
        start = end
    yield text[start:], ""


def _function(action: str) -> str:
    """What stands between the braces, without space and trim marks."""
    if not action.endswith("}}"):
        return action
    inner = action[2:-2]
    inner = inner[1:] if _trims_before(action) else inner
    inner = inner[:-1] if _trims_after(action) else inner
    return inner.strip(_SPACE)


def _trims_before(action: str) -> bool:
    return action[2:3] == "-" and action[3:4] != "" and action[3:4] in _SPACE


def _trims_after(action: str) -> bool:
    return action.endswith("-}}") and action[-4:-3] in _SPACE


def _value(action: str, values: Mapping[str, str]) -> str:
    name = _function(action)
    if name not in values:
        raise Refused(f"query: {fields.quoted(action)} is none of {', '.join(sorted(values))}")
    return values[name]
