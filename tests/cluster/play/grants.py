"""What an installation grants, out of its roles, and what was used of it, out of the audit log."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from infra.local.kube import Tree
from tests.cluster.plane import ACCOUNTS

USERS = {user.name for user in ACCOUNTS.values()}


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One verb on one kind of object; on those of one name only where that is given."""

    verb: str
    group: str
    resource: str  # with its subresource
    name: str = ""


def granted(roles: Iterable[Tree]) -> set[Grant]:
    """Each right that a role gives by itself."""
    return {grant for role in roles for rule in role["rules"] for grant in _grants(rule)}


def used(requests: Iterable[Tree], names: Iterable[str]) -> set[Grant]:
    """What these identities did. Of objects with these names the name counts."""
    own = set(names)
    return {_grant(request["verb"], request["objectRef"], own) for request in requests}


def of_spillway(audit: Iterable[Tree]) -> list[Tree]:
    """The requests that the functions made."""
    return [request for request in audit if request["user"]["username"] in USERS]


def _grants(rule: Tree) -> Iterator[Grant]:
    for group in rule["apiGroups"]:
        for resource in rule["resources"]:
            for verb in rule["verbs"]:
                for name in rule.get("resourceNames", [""]):
                    yield Grant(verb, group, resource, name)


def _grant(verb: str, about: Tree, own: set[str]) -> Grant:
    resource = "/".join(filter(None, (about["resource"], about.get("subresource", ""))))
    name = about.get("name", "")
    named = name if name in own and verb != "create" else ""  # a name does not limit creation
    return Grant(verb, about.get("apiGroup", ""), resource, named)
