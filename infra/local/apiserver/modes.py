"""How a write is done."""

from dataclasses import dataclass

from infra.local.apiserver.ownership.recording import NOBODY


@dataclass(frozen=True, slots=True)
class Mode:
    """How a write is done."""

    dry_run: bool = False  # everything but the storing
    strict: bool = False  # fields that a schema does not know are refused, not dropped
    warnings: list[str] | None = None  # fields that were dropped; None: nobody wants to know
    manager: str = NOBODY  # who owns what is written
    force: bool = False  # fields are taken from those who own them
