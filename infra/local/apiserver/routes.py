"""From a request to the verb that answers it."""

from infra.local.apiserver import (
    binding,
    configuration,
    discovery,
    errors,
    listing,
    openapi,
    options,
    patch,
    reviews,
    scale,
    views,
)
from infra.local.apiserver.messages import Reply, Request, Stream
from infra.local.apiserver.modes import Mode
from infra.local.apiserver.resources import Resource
from infra.local.apiserver.targets import Target, is_nowhere, target
from infra.local.apiserver.trees import Tree
from infra.local.apiserver.verbs import Edit, Verbs

# Kinds of which a deletion answers with the object, not with a word about it.
_TOLD_AS_THEY_WERE = (("", "services"), ("", "pods"), ("", "namespaces"))


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
                if is_nowhere(self._verbs.catalogue, group, version, plural, rest):
                    return discovery.NOWHERE
                return self._serve(
                    request, target(self._verbs.catalogue, group, version, plural, rest)
                )
            case ("openapi", "v3", *rest) if request.method == "GET":
                return self._documented("/".join(rest))
            case _ if request.method == "GET":
                return discovery.answer(self._verbs.catalogue, request)
            case _:
                return discovery.NOWHERE

    def _documented(self, path: str) -> Reply:
        catalogue = self._verbs.catalogue
        if path and not openapi.is_documented(catalogue, path):
            return Reply("", 404, content_type="")
        return Reply(openapi.document(catalogue, path) if path else openapi.index(catalogue))

    def _serve(self, request: Request, target: Target) -> Reply | Stream:
        if target.part == "scale" and target.resource.scale:
            return scale.serve(self._verbs, target.resource, target.key, request)
        if target.part == "binding" and target.resource.key == binding.PODS:
            return binding.serve(self._verbs, target.resource, target.key, request)
        if target.part and not (target.part == "status" and target.resource.has_status):
            raise _no_such_part(target)
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
            case method if target.part and target.resource.custom:
                verb = "delete" if method == "DELETE" else "create"
                raise errors.no_such_verb(verb, target.resource.group, target.resource.plural)
            case _:
                raise errors.no_such_method()

    def _on_collection(self, request: Request, target: Target) -> Reply | Stream:
        match request.method:
            case "GET":
                options.check_list(request)
                look = listing.watched if request.asks("watch") else listing.listed
                return look(self._verbs, request, target)
            case "POST":
                return self._create(request, target)
            case "DELETE":
                return self._delete_all(request, target)
            case _:
                raise errors.no_such_method()

    def _get(self, request: Request, target: Target) -> Reply:
        return self._shown(request, target, self._verbs.read(target.resource, target.key))

    def _create(self, request: Request, target: Target) -> Reply:
        if target.resource.namespaced and not target.namespace:
            raise errors.no_such_method()
        mode = options.mode(request)
        obj = self._verbs.create(target.resource, target.namespace, request.tree(), mode)
        return self._shown(request, target, obj, 201, mode)

    def _apply(self, request: Request, target: Target) -> Reply:
        configuration.check_options(request)
        config = configuration.read(request, target.resource, target.name, target.namespace)
        mode = options.mode(request)
        obj, new = self._verbs.apply(target.resource, target.key, config, mode, target.part)
        return self._shown(request, target, obj, 201 if new else 200, mode)

    def _change(self, request: Request, target: Target) -> Reply:
        configuration.check_options(request)
        edit = _edit(request, target.resource)
        mode = options.mode(request)
        if request.method == "PUT" and self._is_made_by_put(target):
            obj = self._verbs.create(target.resource, target.namespace, request.tree(), mode)
            return self._shown(request, target, obj, 201, mode)
        act = self._verbs.change_status if target.part else self._verbs.change
        obj = act(target.resource, target.key, edit, mode)
        return self._shown(request, target, obj, 200, mode)

    def _is_made_by_put(self, target: Target) -> bool:
        resource = target.resource
        return resource.made_by_put and self._verbs.store.get(resource.key, target.key) is None

    def _delete(self, request: Request, target: Target) -> Reply:
        found = self._verbs.read(target.resource, target.key)
        left = self._verbs.delete(target.resource, target.key, options.deletion(request))
        if left is not None or target.resource.key in _TOLD_AS_THEY_WERE:
            return self._shown(request, target, found if left is None else left)
        details = {
            "name": target.name,
            "group": target.resource.group,
            "kind": target.resource.plural,
            "uid": found["metadata"]["uid"],
        }
        return Reply(_success({key: value for key, value in details.items() if value}))

    def _delete_all(self, request: Request, target: Target) -> Reply:
        match = listing.match(request, target)
        how = options.deletion(request)
        found = self._verbs.delete_all(target.resource, target.namespace, match, how)
        metadata: Tree = {"resourceVersion": str(self._verbs.store.version)}
        if target.resource.custom:
            metadata["continue"] = ""
        look = views.looked_for(request, target.resource, many=True)
        return Reply(views.many(target.resource, found, metadata, look))

    def _shown(
        self, request: Request, target: Target, obj: Tree, code: int = 200, mode: Mode | None = None
    ) -> Reply:
        look = views.looked_for(request, target.resource, many=False)
        warnings = mode.warnings if mode else None
        return Reply(views.one(target.resource, obj, look), code, warnings=tuple(warnings or ()))


def _no_such_part(target: Target) -> errors.ApiError:
    resource = target.resource
    if resource.custom:
        return errors.not_found(resource.group, resource.plural, target.name)
    return errors.no_such_path()


def _edit(request: Request, resource: Resource) -> Edit:
    """What a PUT or a PATCH makes of the object that it finds."""
    if request.method == "PUT":
        body = request.tree()
        return lambda _: body
    change = request.body()
    return lambda old: patch.apply(resource, request.content_type, old, change)


def _success(details: Tree) -> Tree:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details,
    }
