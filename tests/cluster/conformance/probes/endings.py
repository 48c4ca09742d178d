"""Finalizers and the garbage collection; of the latter the end is compared, not the way.

Owners are of a builtin kind: a real collector learns of a new kind half a minute later.
"""

from infra.local.kube import Tree
from tests.cluster.conformance.asking import JSON_PATCH, Api
from tests.cluster.conformance.kinds import config_map, owned_by, secret, widget

_HOLD = ["x.dev/hold"]


def a_finalizer_holds_an_object_back(api: Api) -> None:
    api.post(api.path("configmaps"), config_map(finalizers=_HOLD))
    api.delete(api.path("configmaps", "one"))
    api.get(api.path("configmaps", "one"))
    api.patch(api.path("configmaps", "one"), {"metadata": {"finalizers": None}})
    api.get(api.path("configmaps", "one"))


def a_finalizer_holds_a_custom_object_back(api: Api) -> None:
    api.post(api.path("widgets"), widget(metadata={"finalizers": _HOLD}))
    api.delete(api.path("widgets", "one"))
    api.patch(
        api.path("widgets", "one"), [{"op": "remove", "path": "/metadata/finalizers"}], JSON_PATCH
    )
    api.get(api.path("widgets", "one"))


def a_second_deletion_changes_nothing(api: Api) -> None:
    api.post(api.path("configmaps"), config_map(finalizers=_HOLD))
    api.delete(api.path("configmaps", "one"))
    api.delete(api.path("configmaps", "one"))


def what_is_dying_gets_no_more_finalizers(api: Api) -> None:
    api.post(api.path("configmaps"), config_map(finalizers=_HOLD))
    api.delete(api.path("configmaps", "one"))
    api.patch(api.path("configmaps", "one"), {"metadata": {"finalizers": [*_HOLD, "x.dev/more"]}})


def what_is_dying_can_still_be_changed(api: Api) -> None:
    api.post(api.path("widgets"), widget(metadata={"finalizers": _HOLD}))
    api.delete(api.path("widgets", "one"))
    api.patch(api.path("widgets", "one"), {"spec": {"size": 2}})


def a_name_of_what_is_dying_is_taken(api: Api) -> None:
    api.post(api.path("configmaps"), config_map(finalizers=_HOLD))
    api.delete(api.path("configmaps", "one"))
    api.post(api.path("configmaps"), config_map())


def a_finalizer_needs_a_domain(api: Api) -> None:
    api.post(api.path("configmaps"), config_map(finalizers=["hold"]))


def dependents_go_with_their_owner(api: Api) -> None:
    owner = api.post(api.path("secrets"), secret(), quiet=True).body
    api.post(api.path("configmaps"), owned_by(owner), quiet=True)
    api.delete(api.path("secrets", "one", query="propagationPolicy=Background"))
    api.gone(api.path("configmaps", "dependent"))


def _the_collector_is_up_to_date(api: Api) -> None:
    """A real one sees what is made in its order, and a little later: once something that nobody
    owns is gone, it knows of all that was made before. Of others it would let the owner go alone.
    """
    stray = owned_by(_nobody())
    stray["metadata"]["name"] = "stray"
    api.post(api.path("configmaps"), stray, quiet=True)
    api.gone(api.path("configmaps", "stray"))


def _nobody() -> Tree:
    owner = secret()
    owner["metadata"]["uid"] = "00000000-0000-0000-0000-000000000001"
    return owner


def dependents_can_be_orphaned(api: Api) -> None:
    owner = api.post(api.path("secrets"), secret(), quiet=True).body
    api.post(api.path("configmaps"), owned_by(owner), quiet=True)
    _the_collector_is_up_to_date(api)
    api.delete(api.path("secrets", "one"), {"propagationPolicy": "Orphan"}, quiet=True)
    api.gone(api.path("secrets", "one"))
    orphan = api.get(api.path("configmaps", "dependent"), quiet=True)
    api.note("owners", (orphan.code, orphan.metadata.get("ownerReferences")))


def an_owner_in_the_foreground_goes_last(api: Api) -> None:
    owner = api.post(api.path("secrets"), secret(), quiet=True).body
    held = owned_by(owner, blockOwnerDeletion=True)
    held["metadata"]["finalizers"] = _HOLD
    api.post(api.path("configmaps"), held, quiet=True)
    _the_collector_is_up_to_date(api)
    query = "propagationPolicy=Foreground"
    first = api.delete(api.path("secrets", "one", query=query), quiet=True)
    api.note("finalizers", (first.code, first.metadata.get("finalizers")))
    api.until(
        api.path("configmaps", "dependent"),
        lambda answer: "deletionTimestamp" in answer.metadata,
    )
    api.note("the owner waits", api.get(api.path("secrets", "one"), quiet=True).code)
    api.patch(api.path("configmaps", "dependent"), {"metadata": {"finalizers": None}}, quiet=True)
    api.gone(api.path("secrets", "one"))


def dependents_stay_while_one_owner_lives(api: Api) -> None:
    owners = [api.post(api.path("secrets"), secret(name), quiet=True).body for name in ("a", "b")]
    both = owned_by(owners[0])
    both["metadata"]["ownerReferences"] += owned_by(owners[1])["metadata"]["ownerReferences"]
    api.post(api.path("configmaps"), both, quiet=True)
    api.delete(api.path("secrets", "a"), quiet=True)
    api.until(
        api.path("configmaps", "dependent"),
        lambda answer: len(answer.metadata["ownerReferences"]) == 1,
    )
    api.delete(api.path("secrets", "b"), quiet=True)
    api.gone(api.path("configmaps", "dependent"))


def what_nobody_owns_any_more_goes(api: Api) -> None:
    api.post(api.path("configmaps"), owned_by(_nobody()), quiet=True)
    api.gone(api.path("configmaps", "dependent"))


def an_owner_reference_must_be_whole(api: Api) -> None:
    body = config_map(
        ownerReferences=[{"apiVersion": "v1", "kind": "Secret", "name": "", "uid": ""}]
    )
    api.post(api.path("configmaps"), body)


def a_namespace_goes_with_what_is_in_it(api: Api) -> None:
    name = f"{api.namespace}-x"
    api.post("/api/v1/namespaces", {"metadata": {"name": name}}, quiet=True)
    api.post(f"/api/v1/namespaces/{name}/secrets", {"metadata": {"name": "one"}}, quiet=True)
    first = api.delete(f"/api/v1/namespaces/{name}", quiet=True)
    api.note("phase", (first.code, first.body.get("status", {}).get("phase")))
    api.gone(f"/api/v1/namespaces/{name}")
    api.get(f"/api/v1/namespaces/{name}/secrets/one")


def a_namespace_that_ends_takes_nothing_new(api: Api) -> None:
    name = f"{api.namespace}-x"
    api.post("/api/v1/namespaces", {"metadata": {"name": name}}, quiet=True)
    held = config_map(finalizers=_HOLD)
    api.post(f"/api/v1/namespaces/{name}/configmaps", held, quiet=True)
    api.delete(f"/api/v1/namespaces/{name}", quiet=True)
    api.post(f"/api/v1/namespaces/{name}/configmaps", config_map("two"))
    free = {"metadata": {"finalizers": None}}
    api.patch(f"/api/v1/namespaces/{name}/configmaps/one", free, quiet=True)
    api.gone(f"/api/v1/namespaces/{name}")
