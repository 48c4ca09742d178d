"""An Envoy in the place of a pod's sidecar, in another namespace than the Services.

The listeners that istiod has for one do not keep to loopback; so it has one of its own, with the
routes that istiod has for a port.
"""

from infra.local.istiod import discovery
from infra.local.mesh.bootstrap import socket_address
from infra.local.processes import free_ports
from shared.domain.fields import Json, Object, mapping


def bootstrap(admin: int, grpc: int, routed: int) -> Object:
    """With the routes for the port of a Service."""
    said = discovery.bootstrap(admin, grpc)
    node: Object = {
        "id": "sidecar~192.0.2.249~client.istio-system~istio-system.svc.cluster.local",
        "cluster": "client.istio-system",
        "metadata": {
            "NAMESPACE": discovery.NAMESPACE,
            "NETWORK": discovery.NETWORK,
            "CLUSTER_ID": "Kubernetes",
            "INSTANCE_IPS": "192.0.2.249",
            "ISTIO_VERSION": "1.31.0",
        },
    }
    sources = mapping(said, "dynamic_resources")
    return {
        **said,
        "node": node,
        "dynamic_resources": {key: sources[key] for key in ("ads_config", "cds_config")},
        "static_resources": {**mapping(said, "static_resources"), "listeners": [_listener(routed)]},
    }


def _listener(routed: int) -> Json:
    (port,) = free_ports(1)
    manager: Object = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network"
        ".http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "outbound",
        "rds": {
            "route_config_name": str(routed),
            "config_source": {"ads": {}, "resource_api_version": "V3"},
        },
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
        "name": "outbound",
        "address": socket_address(port),
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }
