"""Collections, read at once, page by page, or as they change."""

from infra.local.apiserver import errors, options, selectors, views, watch
from infra.local.apiserver.messages import Reply, Request, Stream
from infra.local.apiserver.shelves import Match
from infra.local.apiserver.targets import Target
from infra.local.apiserver.trees import Tree
from infra.local.apiserver.verbs import Verbs
from infra.local.apiserver.views import Form


def listed(verbs: Verbs, request: Request, target: Target) -> Reply:
    """The objects of a collection, or a page of them."""
    chosen = match(request, target)
    if (version := request.number("resourceVersion")) > verbs.store.version:
        raise errors.too_new(version, verbs.store.version)
    limit, start = request.number("limit"), options.start(request)
    page = verbs.store.page(target.resource.key, target.namespace, chosen, start=start, limit=limit)
    metadata: Tree = {"resourceVersion": str(page.version)}
    if target.resource.custom and views.form(request.accept) is Form.WHOLE:
        metadata["continue"] = ""
    if page.next:
        metadata["continue"] = options.token(page.next)
        if selectors.lets_all_through(chosen):
            metadata["remainingItemCount"] = page.left
    look = views.looked_for(request, target.resource, many=True)
    return Reply(views.many(target.resource, page.items, metadata, look))


def watched(verbs: Verbs, request: Request, target: Target) -> Stream:
    """What happens in a collection."""
    wanted = watch.Watch(
        resource=target.resource,
        namespace=target.namespace,
        match=match(request, target),
        since=request.number("resourceVersion"),
        initial=request.asks("sendInitialEvents"),
        bookmarks=request.asks("allowWatchBookmarks"),
        look=views.looked_for(request, target.resource, many=False),
        seconds=request.number("timeoutSeconds"),
    )
    return Stream(watch.events(verbs.store, wanted))


def match(request: Request, target: Target) -> Match:
    """What the selectors of a request let through."""
    return selectors.both(
        selectors.by_labels(request.query.get("labelSelector", "")),
        selectors.by_fields(target.resource, request.query.get("fieldSelector", "")),
    )
