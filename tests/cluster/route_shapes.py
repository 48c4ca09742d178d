"""Every shape of route that Spillway writes, each under a name of its own."""

from dataclasses import dataclass, field

from infra.local.kube import Tree

GATEWAY = "istio-system/public"
MESH = "mesh"
_URIS = [{"uri": {"exact": "/a"}}, {"uri": {"prefix": "/b"}}, {"uri": {"regex": "/c[0-9]+"}}]
_HEADERS = {"x-user": {"exact": "me"}, "x-kind": {"prefix": "in"}, "cookie": {"regex": ".*a=b.*"}}


@dataclass(frozen=True, slots=True)
class Shape:
    """A canary's Service, and the share of the traffic that the canary gets.

    The app has pods of its primary; `idle` has none of its canary.
    """

    name: str
    weight: int = 10
    service: Tree = field(default_factory=dict)
    app: str = "web"

    @property
    def host(self) -> str:
        """By which it is called through the gateway."""
        return f"{self.name}.example.com"

    @property
    def is_called_within(self) -> bool:
        """Whether sidecars know the route."""
        return MESH in self.service.get("gateways", (MESH,))

    @property
    def is_called_from_without(self) -> bool:
        """Whether the gateway knows it."""
        return GATEWAY in self.service.get("gateways", ())


def outside(name: str, **more: object) -> Shape:
    """One that the gateway serves."""
    weight, app = more.pop("weight", 10), more.pop("app", "web")
    hosts = more.pop("hosts", [f"{name}.example.com"])
    return Shape(name, int(str(weight)), {"gateways": [GATEWAY], "hosts": hosts, **more}, str(app))


SHAPES = (
    outside("rest", weight=0),
    outside("step", weight=10),
    outside("half", weight=50),
    outside("over", weight=100),
    outside("bounded", timeout="15s"),
    outside("uris", match=_URIS),
    outside("headers", match=[{"headers": _HEADERS}]),
    outside("both", match=[{"uri": {"prefix": "/b"}, "headers": _HEADERS}, *_URIS]),
    outside("several", hosts=["several.example.com", "other.example.org", "*.many.example.com"]),
    outside("any", hosts=["*"]),
    outside("rules"),
    outside("ports", portDiscovery=True),
    outside("named", portName="web", targetPort="http"),
    outside("idle", app="idle"),
    outside("everywhere", gateways=[GATEWAY, MESH]),
    Shape("inside"),
    Shape("inside-bounded", service={"timeout": "2.5s", "match": _URIS}),
)
