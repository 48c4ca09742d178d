"""What a look brings back of one canary's objects, before any rule judges it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.fields import Object
from shared.domain.workload import Workload


@dataclass(frozen=True, slots=True)
class Gone:
    """The API server says that there is no such object."""


@dataclass(frozen=True, slots=True)
class Unread:
    """The read failed: nothing is known (I7)."""

    why: str


@dataclass(frozen=True, slots=True)
class Support:
    """What only passes read that initialise, start, promote or restore.

    `services` and `rules` by name, `snapshots` the pod templates by revision, `scalers` the names
    of autoscalers by the name of the Deployment that each scales.
    """

    services: Mapping[str, Object] = field(default_factory=dict)
    rules: Mapping[str, Object] = field(default_factory=dict)
    snapshots: Mapping[str, Object] = field(default_factory=dict)
    scalers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at one canary's objects."""

    target: Workload | Gone | Unread
    primary: Workload | Gone | Unread
    route: Object | Gone | Unread
    support: Support | None = None
