"""An applied configuration laid over an object: its fields win, and what it leaves out stays."""

from infra.local.apiserver.ownership.shapes import Shape
from infra.local.apiserver.ownership.walking import has_items, indexed, is_granular
from infra.local.apiserver.trees import Tree, Value, copied

_ABSENT = object()


def merged(shape: Shape, live: Value, config: Value) -> Value:
    """A live value with a configuration merged into it; neither is changed."""
    if config is _ABSENT:
        return copied(live)
    if is_granular(shape, config):
        return _merged_object(shape, live if isinstance(live, dict) else {}, config)
    if has_items(shape, config):
        return _merged_list(shape, live if isinstance(live, list) else [], config)
    return copied(config)


def _merged_object(shape: Shape, live: Tree, config: Tree) -> Tree:
    return {
        name: merged(shape.field(name), live.get(name), config.get(name, _ABSENT))
        for name in {**live, **config}
    }


def _merged_list(shape: Shape, live: list[Value], config: list[Value]) -> list[Value]:
    """The items in the order of the configuration; one that it lacks stays behind the neighbour
    that it had, or comes before what is new.
    """
    before, wanted = indexed(shape, live), indexed(shape, config)
    waiting = list(before)
    shared = [key for key in wanted if key in before]
    result: list[Value] = []
    for key, item in wanted.items():
        result += _passed(waiting, before, wanted, shared[0] if shared else None)
        result.append(merged(shape.item(), before.get(key), item))
        if shared and shared[0] == key:
            shared.pop(0)
            if waiting and waiting[0] == key:
                waiting.pop(0)
    result += [copied(before[key]) for key in waiting if key not in wanted]
    return result


def _passed(
    waiting: list[str], before: dict[str, Value], wanted: dict[str, Value], stop: str | None
) -> list[Value]:
    """Takes the live items up to the next one that both sides have."""
    passed = []
    while waiting and waiting[0] != stop:
        key = waiting.pop(0)
        if key not in wanted:
            passed.append(copied(before[key]))
    return passed
