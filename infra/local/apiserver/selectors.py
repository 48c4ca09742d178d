"""Label and field selectors: a text in, a predicate over objects out."""

import re
from collections.abc import Callable

from infra.local.apiserver import errors
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.shelves import Match
from infra.local.apiserver.trees import Tree, at

_ALWAYS = ("metadata.name", "metadata.namespace")  # what every kind can be selected by
_SET = re.compile(r"^(?P<key>[^\s!=,()]+)\s+(?P<how>in|notin)\s*\((?P<values>[^()]*)\)$")
_EQUAL = re.compile(r"^(?P<key>[^\s!=,()]+)\s*(?P<how>==|=|!=)\s*(?P<value>[^\s!=,()]*)$")
_EXISTS = re.compile(r"^(?P<how>!?)\s*(?P<key>[^\s!=,()]+)$")
_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_COMMA = re.compile(r",(?![^()]*\))")  # one that stands outside of a set

_Labels = dict[str, str]
_Rule = Callable[[_Labels], bool]


def by_labels(selector: str) -> Match:
    """Objects whose labels meet every requirement of a selector."""
    rules = [_label_rule(part.strip()) for part in _COMMA.split(selector) if part.strip()]
    if not rules:
        return _everything

    def match(obj: Tree) -> bool:
        labels = obj["metadata"].get("labels") or {}
        return all(rule(labels) for rule in rules)

    return match


def by_fields(resource: Resource, selector: str) -> Match:
    """Objects whose fields have the wanted values; only fields that the kind offers."""
    terms = [_field_term(resource, part.strip()) for part in selector.split(",") if part.strip()]
    if not terms:
        return _everything

    def match(obj: Tree) -> bool:
        return all((_field(obj, path) == value) is wanted for path, value, wanted in terms)

    return match


def both(one: Match, other: Match) -> Match:
    """Objects that two predicates let through."""
    if one is _everything:
        return other
    if other is _everything:
        return one
    return lambda obj: one(obj) and other(obj)


def lets_all_through(match: Match) -> bool:
    """Whether a predicate selects nothing at all."""
    return match is _everything


def _everything(obj: Tree) -> bool:  # noqa: ARG001  the shape of every predicate
    return True


def _label_rule(text: str) -> _Rule:
    found = _SET.match(text) or _EQUAL.match(text) or _EXISTS.match(text)
    if found is None or not _KEY.fullmatch(found["key"]):
        raise errors.bad_request(f"unable to parse requirement: {text}")
    if found := _SET.match(text):
        key = found["key"]
        values = {value.strip() for value in found["values"].split(",")}
        if found["how"] == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if found := _EQUAL.match(text):
        key, value = found["key"], found["value"]
        if found["how"] == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if found := _EXISTS.match(text):
        key, wanted = found["key"], not found["how"]
        return lambda labels: (key in labels) is wanted
    raise errors.bad_request(f"unable to parse requirement: {text}")


def _field_term(resource: Resource, text: str) -> tuple[tuple[str, ...], str, bool]:
    found = _EQUAL.match(text)
    if found is None:
        raise errors.bad_request(f"invalid field selector: {text}")
    if found["key"] not in (*_ALWAYS, *resource.selectable):
        raise errors.bad_request(f"field label not supported: {found['key']}")
    return tuple(found["key"].split(".")), found["value"], found["how"] != "!="


def _field(obj: Tree, path: tuple[str, ...]) -> str:
    found = at(obj, *path)
    return "" if found is None else str(found)
