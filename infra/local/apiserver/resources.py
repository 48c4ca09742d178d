"""What is known about a kind that is served."""

from dataclasses import dataclass
from enum import StrEnum

from infra.local.apiserver.schema import Schema

Kind = tuple[str, str]  # group and plural: what the versions of one kind share


class Counts(StrEnum):
    """What moves the generation of a kind."""

    NOTHING = "nothing"
    SPEC = "spec"
    SPEC_AND_ANNOTATIONS = "spec and annotations"
    ALL_BUT_METADATA = "all but metadata"
    LABELS_TOO = "all but metadata, and the labels"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a printed table."""

    name: str
    path: str
    type: str = "string"
    priority: int = 0
    description: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a custom kind keeps what its scale subresource shows."""

    replicas: str
    status_replicas: str
    selector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One kind in one version."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    has_status: bool = False
    scale: Scale | None = None
    counts: Counts = Counts.NOTHING
    custom: bool = False
    storage_version: str = ""
    schema: Schema | None = None
    columns: tuple[Column, ...] = ()
    selectable: tuple[str, ...] = ()
    made_by_put: bool = False  # a replace creates what is not there

    @property
    def key(self) -> Kind:
        """What its objects are stored under."""
        return self.group, self.plural

    @property
    def api_version(self) -> str:
        """Group and version, as objects name them."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def stored_api_version(self) -> str:
        """The apiVersion under which its objects are kept."""
        version = self.storage_version or self.version
        return f"{self.group}/{version}" if self.group else version
