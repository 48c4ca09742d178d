"""What the real server fills into builtin kinds, and what it refuses of them."""

from infra.local.apiserver.trees import Tree


def begin(kind: str, obj: Tree) -> None:
    """Gives a new object its first status."""
    if kind == "Namespace":
        obj.setdefault("spec", {})["finalizers"] = ["kubernetes"]
        obj["status"] = {"phase": "Active"}
