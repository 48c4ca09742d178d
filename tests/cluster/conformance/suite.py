"""All probes, and how one is put to two servers."""

import inspect
from collections.abc import Callable, Mapping
from types import ModuleType

from tests.cluster.conformance import comparison, rules
from tests.cluster.conformance.asking import Address, Api
from tests.cluster.conformance.comparison import Difference
from tests.cluster.conformance.kinds import WIDGETS
from tests.cluster.conformance.probes import (
    applying,
    builtin,
    conflicts,
    definitions,
    discovery,
    endings,
    generations,
    pages,
    patches,
    refusals,
    schemas,
    selectors,
    subresources,
    verbs,
    views,
    watches,
)

Probe = Callable[[Api], None]
_MODULES = (
    verbs, conflicts, generations, subresources, patches, applying, selectors, pages, views,
    watches, endings, schemas, definitions, builtin, discovery, refusals,
)  # fmt: skip
_LONGEST_NAME = 60


def _of(module: ModuleType) -> Mapping[str, Probe]:
    word = module.__name__.rpartition(".")[2]
    return {
        f"{word}.{name}": found
        for name, found in inspect.getmembers(module, inspect.isfunction)
        if found.__module__ == module.__name__ and not name.startswith("_")
    }


PROBES: Mapping[str, Probe] = {
    name: probe for module in _MODULES for name, probe in _of(module).items()
}


def prepare(address: Address) -> None:
    """Defines the custom kind of the probes, and waits until it is served."""
    api = Api(address, "default")
    api.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", WIDGETS)
    api.until(api.path("widgets"), lambda answer: answer.code == 200)
    api.until(
        f"{api.path('widgets')}".replace("/v1/", "/v1beta1/"), lambda answer: answer.code == 200
    )
    api.close()


def differences(name: str, embedded: Address, real: Address) -> list[Difference]:
    """What two servers answer differently to a probe."""
    ours, theirs = (_played(name, address) for address in (embedded, real))
    return comparison.compared(ours, theirs)


def _played(name: str, address: Address) -> rules.Steps:
    namespace = name.replace(".", "-").replace("_", "-")[:_LONGEST_NAME].rstrip("-")
    api = Api(address, namespace)
    try:
        api.post("/api/v1/namespaces", {"metadata": {"name": namespace}}, quiet=True)
        PROBES[name](api)
    finally:
        api.close()
    return rules.normalised(api.steps)
