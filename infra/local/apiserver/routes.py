"""From a request to the verb that answers it."""

from infra.local.apiserver import (
    binding,
    configuration,
    discovery,
    errors,
    openapi,
    options,
    patch,
    reviews,
    scale,
    selectors,
    views,
    watch,
)
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.store import Match
from infra.local.apiserver.targets import Target, target
from infra.local.apiserver.trees import Tree
from infra.local.apiserver.verbs import Edit, Verbs
from infra.local.apiserver.wire import Reply, Request, Stream


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
                return self._serve(
                    request, target(self._verbs.catalogue, "", version, plural, rest)
                )
            case ("apis", group, version, plural, *rest):
                return self._serve(
                    request, target(self._verbs.catalogue, group, version, plural, rest)
                )
            case ("openapi", "v3", *rest) if request.method == "GET":
                return self._documented("/".join(rest))
            case _ if request.method == "GET":
                return discovery.answer(self._verbs.catalogue, request)
            case _:
                raise errors.no_such_path()

    def _documented(self, path: str) -> Reply:
        catalogue = self._verbs.catalogue
        return Reply(openapi.document(catalogue, path) if path else openapi.index(catalogue))

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
            case "PATCH" if request.content_type == patch.APPLY:
                return self._apply(request, target)
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
        limit, start = request.number("limit"), options.start(request)
        page = self._verbs.store.page(
            target.resource.key, target.namespace, match, start=start, limit=limit
        )
        metadata: Tree = {"resourceVersion": str(page.version)}
        if page.next:
            metadata["continue"] = options.token(page.next)
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
        mode = options.mode(request)
        obj = self._verbs.create(target.resource, target.namespace, request.tree(), mode)
        return self._shown(request, target, obj, 201)

    def _apply(self, request: Request, target: Target) -> Reply:
        configuration.check_options(request)
        config = configuration.read(request, target.resource, target.name, target.namespace)
        mode = options.mode(request)
        obj, new = self._verbs.apply(target.resource, target.key, config, mode, target.part)
        return self._shown(request, target, obj, 201 if new else 200)

    def _change(self, request: Request, target: Target) -> Reply:
        configuration.check_options(request)
        edit = _edit(request, target.resource)
        act = self._verbs.change_status if target.part else self._verbs.change
        obj = act(target.resource, target.key, edit, options.mode(request))
        return self._shown(request, target, obj)

    def _delete(self, request: Request, target: Target) -> Reply:
        found = self._verbs.read(target.resource, target.key)
        left = self._verbs.delete(target.resource, target.key, options.deletion(request))
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
        self._verbs.delete_all(target.resource, target.namespace, match, options.deletion(request))
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


def _success(details: Tree) -> Tree:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details,
    }
