"""Strategic merge patch: lists of named things merge by name instead of being replaced."""

from infra.local.apiserver.patch_keys import merge_key
from infra.local.apiserver.trees import Tree, Value, copied

_DIRECTIVE = "$patch"
_ORDER = "$setElementOrder/"
_DELETE_VALUES = "$deleteFromPrimitiveList/"
_RETAIN = "$retainKeys"


def merged(value: Value, change: Value, path: tuple[str, ...] = ()) -> Value:
    """A value with a change merged into it; neither is changed."""
    if isinstance(change, dict):
        return _merged_object(value if isinstance(value, dict) else {}, change, path)
    if isinstance(change, list):
        return _merged_list(value if isinstance(value, list) else [], change, path)
    return change


def _merged_object(value: Tree, change: Tree, path: tuple[str, ...]) -> Tree:
    if change.get(_DIRECTIVE) == "replace":
        return {key: copied(item) for key, item in change.items() if key != _DIRECTIVE}
    retained = change.get(_RETAIN)
    kept = value if retained is None else {key: value[key] for key in retained if key in value}
    result: Tree = copied(kept)
    for key, item in change.items():
        if key.startswith(_DELETE_VALUES):
            name = key.removeprefix(_DELETE_VALUES)
            result[name] = [one for one in result.get(name, []) if one not in item]
        elif key.startswith("$"):
            continue
        elif item is None or _is_delete(item):
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), item, (*path, key))
    for key, order in change.items():
        if key.startswith(_ORDER):
            name = key.removeprefix(_ORDER)
            _reorder(result.get(name), order, merge_key((*path, name)))
    return result


def _merged_list(value: list[Value], change: list[Value], path: tuple[str, ...]) -> list[Value]:
    if any(isinstance(item, dict) and item.get(_DIRECTIVE) == "replace" for item in change):
        return [copied(item) for item in change if _DIRECTIVE not in item]
    name = merge_key(path)
    if name is None:
        return [copied(item) for item in change]
    if not name:
        new = [item for item in change if item not in value]
        return _in_order([*value, *new], value, change, "")
    result: list[Value] = copied(value)
    for item in change:
        _merge_item(result, item, name, path)
    return _in_order(result, value, change, name)


def _merge_item(result: list[Value], item: Tree, name: str, path: tuple[str, ...]) -> None:
    place = next((i for i, old in enumerate(result) if old.get(name) == item.get(name)), None)
    if _is_delete(item):
        result[:] = [old for old in result if old.get(name) != item.get(name)]
    elif place is None:
        result.append(merged({}, item, path))
    else:
        result[place] = merged(result[place], item, path)


def _in_order(
    items: list[Value], before: list[Value], change: list[Value], name: str
) -> list[Value]:
    """Items in the order of a change; one that it does not name keeps its place before those that
    came after it, and what is new comes as early as it can.
    """

    def known(item: Value) -> Value:
        return item.get(name) if name else item

    places = {known(item): place for place, item in enumerate(before)}
    named = [known(item) for item in change if name == "" or not _is_delete(item)]
    changed = sorted(
        (item for item in items if known(item) in named), key=lambda one: named.index(known(one))
    )
    left = [item for item in items if known(item) not in named]
    result: list[Value] = []
    for item in changed:
        place = places.get(known(item), -1)
        while left and places[known(left[0])] < place:
            result.append(left.pop(0))
        result.append(item)
    return [*result, *left]


def _is_delete(item: Value) -> bool:
    return isinstance(item, dict) and item.get(_DIRECTIVE) == "delete"


def _reorder(items: Value, order: list[Value], name: str | None) -> None:
    """Sorts what the order names; what it does not name keeps its place after its neighbour."""
    if not isinstance(items, list):
        return
    wanted = [item.get(name) if isinstance(item, dict) and name else item for item in order]
    ranks: list[tuple[int, int]] = []
    rank = -1
    for index, item in enumerate(items):
        shown = item.get(name) if isinstance(item, dict) and name else item
        rank = wanted.index(shown) if shown in wanted else rank
        ranks.append((rank, index))
    items[:] = [items[index] for _, index in sorted(ranks)]
