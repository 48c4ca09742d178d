"""The part of JSONPath that printer columns use: keys, indexes, `[*]` and filters by equality."""

import re
from collections.abc import Iterator

from infra.local.apiserver.trees import Value

_STEP = re.compile(
    r"""
    \.(?P<key>(?:\\.|[^.\[\\])+)                        # .spec, .a\.b
    | \[['"](?P<quoted>[^'"]+)['"]\]                    # ['spec']
    | \[(?P<index>-?\d+)\]                              # [0]
    | (?P<all>\[\*\]|\.\*)                              # [*]
    | \[\?\(@\.(?P<field>[\w.]+)\s*==\s*(?P<value>[^)]+)\)\]  # [?(@.type=="Ready")]
    """,
    re.VERBOSE,
)


def find(value: Value, path: str) -> list[Value]:
    """Every value at a path, in order; none where the path leads nowhere or is no path."""
    found = [value]
    for step in _steps(path):
        found = [item for one in found for item in _next(one, step)]
    return found


def _steps(path: str) -> Iterator[re.Match[str]]:
    path = path.strip().removeprefix("{").removesuffix("}").removeprefix("$")
    place = 0
    while place < len(path) and (step := _STEP.match(path, place)):
        yield step
        place = step.end()


def _next(value: Value, step: re.Match[str]) -> Iterator[Value]:
    items = value if isinstance(value, list) else []
    if step["all"]:
        yield from items or (value.values() if isinstance(value, dict) else ())
    elif step["field"]:
        wanted = step["value"].strip().strip("\"'")
        yield from (item for item in items if str(_at(item, step["field"])) == wanted)
    elif step["index"]:
        index = int(step["index"])
        yield from items[index : index + 1 or None]
    elif isinstance(value, dict):
        key = step["quoted"] or step["key"].replace("\\", "")
        if key in value:
            yield value[key]


def _at(value: Value, path: str) -> Value:
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value
