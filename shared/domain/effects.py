"""What a pass writes to the cluster: absolute, repeatable, as data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeepSnapshot:
    """Store the pod template of this revision: the target's, or the primary's with ours undone."""

    revision: str
    promoted: bool


@dataclass(frozen=True, slots=True)
class KeepServices:
    """Bring the Services in order, and once there is a route the apex and DestinationRules too."""

    routed: bool


@dataclass(frozen=True, slots=True)
class WritePrimary:
    """The primary runs this revision's snapshot."""

    revision: str


@dataclass(frozen=True, slots=True)
class ScaleUp:
    """The target runs: as many replicas as the primary has, at least one."""


@dataclass(frozen=True, slots=True)
class ScaleDown:
    """The target runs no replicas."""


@dataclass(frozen=True, slots=True)
class SetRoute:
    """The canary has this percentage of the traffic, the primary the rest."""

    weight: int


@dataclass(frozen=True, slots=True)
class Prune:
    """Only the snapshots of these revisions stay."""

    keep: tuple[str, ...]


Effect = KeepSnapshot | KeepServices | WritePrimary | ScaleUp | ScaleDown | SetRoute | Prune
