"""What a write does to the ownership of fields: who writes a field owns it."""

from dataclasses import dataclass

from infra.local.apiserver.ownership import managers, shapes
from infra.local.apiserver.ownership.comparing import Difference, compared
from infra.local.apiserver.ownership.fields import Fields, Path
from infra.local.apiserver.ownership.managers import Holding, How, Owner
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.trees import Tree, timestamp

NOBODY = ""  # a manager whose writes are not recorded
_REPLICAS = ("f:spec", "f:replicas")
_STATUS = "f:status"
_NEVER_OWNED = frozenset({("f:apiVersion",), ("f:kind",), ("f:metadata",)})
_SERVERS_OWN = frozenset(
    ("f:metadata", f"f:{name}")
    for name in (
        *("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "generation"),
        *("selfLink", "managedFields"),
    )
)
_RESET: list[Tree] = [{}]  # managedFields by which a client has them forgotten
# What a builtin object is before anything is written: its types have parts that are always there.
_EMPTY: Tree = {
    "metadata": {},
    "spec": {
        **{part: {} for part in ("strategy", "updateStrategy", "names", "scaleTargetRef")},
        "template": {"metadata": {}, "spec": {"containers": None}},
        "containers": None,
    },
    "status": {},
    "source": {},
    "revision": 0,
    "eventTime": None,
    "reportingComponent": "",
    "reportingInstance": "",
}


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, and to which part of an object: "" or a subresource."""

    manager: str = NOBODY
    part: str = ""


def record(resource: Resource, old: Tree | None, new: Tree, by: Writer) -> None:
    """Writes into a new or changed object who owns its fields now."""
    metadata = new["metadata"]
    before = old["metadata"].get("managedFields", []) if old else []
    given = metadata.pop("managedFields", None) or before
    holdings = managers.decoded(given) or managers.decoded(before) if given != _RESET else {}
    if by.manager and (old is None or _is_followed(holdings, by)):
        found = differences(resource, old or base(resource), new, by.part)
        if found.written or found.removed:
            holdings = managers.less(holdings, found.written | found.removed)
            who = managers.owner(by.manager, How.UPDATE, resource.api_version, by.part)
            _take(holdings, who, found.written)
    put(new, holdings)


def put(obj: Tree, holdings: managers.Holdings) -> None:
    """Writes holdings into an object."""
    if holdings:
        obj["metadata"]["managedFields"] = managers.encoded(holdings)


def base(resource: Resource) -> Tree:
    """What an object of a kind is before anything is written."""
    return {"metadata": {}} if resource.custom else _EMPTY


def differences(resource: Resource, old: Tree, new: Tree, part: str) -> Difference:
    """What differs between two states, as far as somebody can own it."""
    found = compared(shapes.of(resource), old, new)
    return Difference(
        added=ownable(resource, found.added, part),
        changed=ownable(resource, found.changed, part),
        removed=ownable(resource, found.removed, part),
    )


def ownable(resource: Resource, fields: Fields, part: str) -> Fields:
    """Fields without those that only the server writes, and those of another part of the API."""

    def is_ownable(path: Path) -> bool:
        if path in _NEVER_OWNED or path[:2] in _SERVERS_OWN:
            return False
        if part == "status":
            return not resource.custom or path[0] == _STATUS
        return bool(part) or not resource.has_status or path[0] != _STATUS

    return frozenset(path for path in fields if is_ownable(path))


def _is_followed(holdings: managers.Holdings, by: Writer) -> bool:
    """Whether a change is recorded: not in an object that was never recorded, and a scaling only
    where somebody owned the replicas before (both as on a real server).
    """
    if by.part == "scale":
        return any(_REPLICAS in holding.fields for holding in holdings.values())
    return bool(holdings)


def _take(holdings: dict[Owner, Holding], who: Owner, written: Fields) -> None:
    if not written:
        return
    own = holdings[who].fields if who in holdings else frozenset()
    since = "" if who.part == "scale" else timestamp()  # a scaling has no time on a real server
    holdings[who] = Holding(own | written, who.version, since)
