"""From a request to the verb that answers it."""

import base64
import json
from dataclasses import dataclass

from infra.local.apiserver import (
    binding,
    discovery,
    errors,
    openapi,
    patch,
    reviews,
    scale,
    selectors,
    views,
    watch,
)
from infra.local.apiserver.deletion import Deletion
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.store import Match
from infra.local.apiserver.trees import Key, Tree, Value, copied
from infra.local.apiserver.verbs import Edit, Mode, Verbs
from infra.local.apiserver.wire import Reply, Request, Stream

_OWN_PARTS = ("status", "finalize")  # what follows a namespace's name without being a kind


@dataclass(frozen=True, slots=True)
class Target:
    """What a path points at: a collection, an object, or a part of one."""

    resource: Resource
    namespace: str
    name: str
    part: str

    @property
    def key(self) -> Key:
        """Where the object is stored."""
        return self.namespace, self.name


class Routes:
    """Every path that is served."""

    def __init__(self, verbs: Verbs) -> None:
        self._verbs = verbs

    def answer(self, request: Request) -> Reply | Stream:
        """The reply to a request."""
        match request.path:
            case reviews.PATH:
                return reviews.serve(request)
            case ("api", version, plural, *rest):
                return self._serve(request, self._target("", version, plural, rest))
            case ("apis", group, version, plural, *rest):
                return self._serve(request, self._target(group, version, plural, rest))
            case ("openapi", "v3", *rest) if request.method == "GET":
                return self._documented("/".join(rest))
            case _ if request.method == "GET":
                return discovery.answer(self._verbs.catalogue, request)
            case _:
                raise errors.no_such_path()

    def _documented(self, path: str) -> Reply:
        catalogue = self._verbs.catalogue
        return Reply(openapi.document(catalogue, path) if path else openapi.index(catalogue))

    def _target(self, group: str, version: str, plural: str, rest: list[str]) -> Target:
        namespace = ""
        if plural == "namespaces" and len(rest) > 1 and rest[1] not in _OWN_PARTS:
            namespace, plural, *rest = rest
        resource = self._verbs.catalogue.find(group, version, plural)
        if len(rest) > 2 or (namespace and not resource.namespaced):
            raise errors.no_such_path()
        name, part = [*rest, "", ""][:2]
        if name and resource.namespaced and not namespace:
            raise errors.no_such_path()
        return Target(resource, namespace, name, part)

    def _serve(self, request: Request, target: Target) -> Reply | Stream:
        if target.part == "scale" and target.resource.scale:
            return scale.serve(self._verbs, target.resource, target.key, request)
        if target.part == "binding" and target.resource.key == binding.PODS:
            return binding.serve(self._verbs, target.resource, target.key, request)
        if target.part and not (target.part == "status" and target.resource.has_status):
            raise errors.no_such_path()
        if target.name:
            return self._on_object(request, target)
        return self._on_collection(request, target)

    def _on_object(self, request: Request, target: Target) -> Reply:
        match request.method:
            case "GET":
                return self._get(request, target)
            case "PUT" | "PATCH":
                return self._change(request, target)
            case "DELETE" if not target.part:
                return self._delete(request, target)
            case _:
                raise errors.no_such_method()

    def _on_collection(self, request: Request, target: Target) -> Reply | Stream:
        match request.method:
            case "GET" if request.asks("watch"):
                return self._watch(request, target)
            case "GET":
                return self._list(request, target)
            case "POST":
                return self._create(request, target)
            case "DELETE":
                return self._delete_all(request, target)
            case _:
                raise errors.no_such_method()

    def _get(self, request: Request, target: Target) -> Reply:
        return self._shown(request, target, self._verbs.read(target.resource, target.key))

    def _list(self, request: Request, target: Target) -> Reply:
        match = _match(request, target)
        limit, start = request.number("limit"), _start(request)
        page = self._verbs.store.page(
            target.resource.key, target.namespace, match, start=start, limit=limit
        )
        metadata: Tree = {"resourceVersion": str(page.version)}
        if page.next:
            metadata["continue"] = _token(page.next)
            if selectors.lets_all_through(match):
                metadata["remainingItemCount"] = page.left
        form = views.form(request.accept)
        return Reply(views.many(target.resource, page.items, metadata, form))

    def _watch(self, request: Request, target: Target) -> Stream:
        wanted = watch.Watch(
            resource=target.resource,
            namespace=target.namespace,
            match=_match(request, target),
            since=request.number("resourceVersion"),
            initial=request.asks("sendInitialEvents"),
            bookmarks=request.asks("allowWatchBookmarks"),
            form=views.form(request.accept),
            seconds=request.number("timeoutSeconds"),
        )
        return Stream(watch.events(self._verbs.store, wanted))

    def _create(self, request: Request, target: Target) -> Reply:
        if target.resource.namespaced and not target.namespace:
            raise errors.no_such_method()
        mode = _mode(request)
        obj = self._verbs.create(target.resource, target.namespace, request.tree(), mode)
        return self._shown(request, target, obj, 201)

    def _change(self, request: Request, target: Target) -> Reply:
        edit = _edit(request, target.resource)
        act = self._verbs.change_status if target.part else self._verbs.change
        obj = act(target.resource, target.key, edit, _mode(request))
        return self._shown(request, target, obj)

    def _delete(self, request: Request, target: Target) -> Reply:
        found = self._verbs.read(target.resource, target.key)
        left = self._verbs.delete(target.resource, target.key, _deletion(request))
        if left is not None:
            return self._shown(request, target, left)
        details = {
            "name": target.name,
            "group": target.resource.group,
            "kind": target.resource.plural,
            "uid": found["metadata"]["uid"],
        }
        return Reply(_success({key: value for key, value in details.items() if value}))

    def _delete_all(self, request: Request, target: Target) -> Reply:
        match = _match(request, target)
        self._verbs.delete_all(target.resource, target.namespace, match, _deletion(request))
        return Reply(_success({}))

    def _shown(self, request: Request, target: Target, obj: Tree, code: int = 200) -> Reply:
        return Reply(views.one(target.resource, obj, views.form(request.accept)), code)


def _edit(request: Request, resource: Resource) -> Edit:
    """What a PUT or a PATCH makes of the object that it finds."""
    if request.method == "PUT":
        body = request.tree()
        return lambda _: body
    change = request.body()
    return lambda old: patch.apply(resource, request.content_type, old, change)


def _match(request: Request, target: Target) -> Match:
    return selectors.both(
        selectors.by_labels(request.query.get("labelSelector", "")),
        selectors.by_fields(target.resource, request.query.get("fieldSelector", "")),
    )


def _deletion(request: Request) -> Deletion:
    body = request.body() or {}
    options: dict[str, Value] = {**copied(body), **request.query}
    policy = options.get("propagationPolicy")
    orphan = policy == "Orphan" if policy else bool(options.get("orphanDependents"))
    grace = options.get("gracePeriodSeconds")
    preconditions = body.get("preconditions") or {}
    return Deletion(
        uid=preconditions.get("uid") or "",
        resource_version=preconditions.get("resourceVersion") or "",
        orphan=orphan,
        grace_seconds=None if grace is None else int(grace),
        dry_run=bool(options.get("dryRun")),
    )


def _mode(request: Request) -> Mode:
    return Mode(
        dry_run=bool(request.query.get("dryRun")),
        strict=request.query.get("fieldValidation") == "Strict",
    )


def _token(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _start(request: Request) -> Key | None:
    token = request.query.get("continue")
    if not token:
        return None
    try:
        namespace, name = json.loads(base64.urlsafe_b64decode(token))
    except ValueError as error:
        raise errors.bad_request("continue key is not valid") from error
    return str(namespace), str(name)


def _success(details: Tree) -> Tree:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details,
    }
