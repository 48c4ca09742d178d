"""What Envoy is started with: one listener whose routes and clusters come from files."""

from pathlib import Path

from infra.local.mesh.translate import ROUTES
from shared.domain.fields import Object

_BUCKETS = (
    *(0.5, 1, 2, 5, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 250, 300, 400, 500),
    *(600, 750, 1000, 1500, 2000, 2500, 5000, 10000, 30000, 60000),
)  # milliseconds; finer than Istio's, so that a quantile is near the truth
_CONNECTIONS = 10000  # a limit, because Envoy warns where there is none


def bootstrap(ingress: int, admin: int, routes: Path, clusters: Path) -> Object:
    """The configuration that stays: two ports, and the files to follow."""
    return {
        "node": {"id": "lab", "cluster": "lab"},
        "admin": {"address": _socket(admin)},
        "static_resources": {"listeners": [_listener(ingress, routes)]},
        "dynamic_resources": {"cds_config": followed(clusters)},
        # histograms are merged when statistics are flushed; the default of 5 s would show
        # Prometheus more requests than durations
        "stats_flush_interval": "0.2s",
        "stats_config": {
            "histogram_bucket_settings": [
                {"match": {"suffix": ".upstream_rq_time"}, "buckets": _BUCKETS}
            ]
        },
        "overload_manager": {"resource_monitors": [_connection_limit()]},
    }


def followed(path: Path) -> Object:
    """A source of configuration: a file, read anew whenever another takes its place."""
    return {"resource_api_version": "V3", "path_config_source": {"path": str(path)}}


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
        "address": _socket(port),
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }


def _socket(port: int) -> Object:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


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
