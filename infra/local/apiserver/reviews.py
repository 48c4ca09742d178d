"""Access reviews: everybody may do everything here."""

from infra.local.apiserver import errors
from infra.local.apiserver.messages import Reply, Request

PATH = ("apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews")


def serve(request: Request) -> Reply:
    """Says yes to whoever asks whether something is allowed."""
    if request.method != "POST":
        raise errors.no_such_method()
    return Reply({**request.tree(), "status": {"allowed": True}}, 201)
