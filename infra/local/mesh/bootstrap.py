"""What Envoy is started with: one listener whose routes and clusters come from files.

What is said of the surroundings holds for an Envoy of Istio's, too.
"""

from pathlib import Path

from infra.local.mesh.translate import ROUTES
from shared.domain.fields import Json, Object

_MILLISECONDS = (
    *(0.5, 1, 2, 5, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 250, 300, 400, 500),
    *(600, 750, 1000, 1500, 2000, 2500, 5000, 10000, 30000, 60000),
)  # finer than Istio's, so that a quantile is near the truth
BUCKETS: Json = [{"match": {"suffix": ".upstream_rq_time"}, "buckets": _MILLISECONDS}]
_CONNECTIONS = 10000  # a limit, because Envoy warns where there is none


def bootstrap(ingress: int, admin: int, routes: Path, clusters: Path) -> Object:
    """The configuration that stays: two ports, and the files to follow."""
    return {
        **surroundings(admin),
        "node": {"id": "lab", "cluster": "lab"},
        "static_resources": {"listeners": [_listener(ingress, routes)]},
        "dynamic_resources": {"cds_config": followed(clusters)},
        "stats_config": {"histogram_bucket_settings": BUCKETS},
    }


def surroundings(admin: int) -> Object:
    """What does not depend on where the configuration comes from."""
    return {
        "admin": {"address": socket_address(admin)},
        # histograms are merged when statistics are flushed; the default of 5 s would show
        # Prometheus more requests than durations
        "stats_flush_interval": "0.2s",
        "overload_manager": {"resource_monitors": [_connection_limit()]},
    }


def followed(path: Path) -> Object:
    """A source of configuration: a file, read anew whenever another takes its place."""
    return {"resource_api_version": "V3", "path_config_source": {"path": str(path)}}


def socket_address(port: int) -> Object:
    """A port of loopback, as Envoy writes addresses."""
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _listener(port: int, routes: Path) -> Object:
    manager: Object = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network"
        ".http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "ingress",
        "rds": {"route_config_name": ROUTES, "config_source": followed(routes)},
        "http_filters": [
            {
                "name": "router",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
                },
            }
        ],
    }
    return {
        "name": "ingress",
        "address": socket_address(port),
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }


def _connection_limit() -> Object:
    name = "envoy.resource_monitors.global_downstream_max_connections"
    return {
        "name": name,
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.resource_monitors"
            ".downstream_connections.v3.DownstreamConnectionsConfig",
            "max_active_downstream_connections": _CONNECTIONS,
        },
    }
