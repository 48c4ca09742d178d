"""A real istiod on loopback, and the Envoy that takes its configuration over ADS.

Pods have addresses of 192.0.2.0/24, where nobody listens, and EndpointSlices refuse loopback. So
istiod is told of two networks. The pods' own is reached by a gateway only, and that asks for mutual
TLS, which they have not: their addresses are left out. The network of loopback has a WorkloadEntry
for each pod (entries), and there Envoy is.
"""

import json
import urllib.request
from pathlib import Path

from infra.local.controlplane import programs
from infra.local.mesh.bootstrap import BUCKETS, socket_address, surroundings
from infra.local.processes import Part
from shared.domain.fields import Json, Object

NAMESPACE = "istio-system"
NETWORK = "loopback"
GATEWAY = {"istio": "ingressgateway"}  # the labels of the Envoy, which a Gateway selects
_NODE = "router~192.0.2.250~ingress.istio-system~istio-system.svc.cluster.local"
_ASK_SECONDS = 1.0
_ENVIRONMENT = {
    "POD_NAME": "istiod",
    "POD_NAMESPACE": NAMESPACE,
    # nobody has certificates, and no webhook of its own can be reached
    "ENABLE_CA_SERVER": "false",
    "PILOT_CERT_PROVIDER": "none",
    "VALIDATION_WEBHOOK_CONFIG_NAME": "",
    "INJECTION_WEBHOOK_CONFIG_NAME": "",
    # filters that only Istio's own build of Envoy has
    "PILOT_ENABLE_METADATA_EXCHANGE": "false",
    "PILOT_ENABLE_ALPN_FILTER": "false",
}
_MESH: Object = {
    "enableAutoMtls": False,  # else clusters wait for certificates for ever
    "enableTracing": False,
    "accessLogFile": "",
}
_NETWORKS: Object = {
    "networks": {
        "pods": {
            "endpoints": [{"fromCidr": "192.0.2.0/24"}],
            "gateways": [{"address": "192.0.2.253", "port": 15443}],
        },
        NETWORK: {"endpoints": [{"fromCidr": "127.0.0.0/8"}], "gateways": []},
    }
}


def istiod(kubeconfig: Path, folder: Path, *, grpc: int, http: int, monitoring: int) -> Part:
    """The control plane, with three ports: for Envoy, for the one who waits, for itself."""
    mesh, networks = folder / "mesh.json", folder / "networks.json"
    mesh.write_text(json.dumps(_MESH))
    networks.write_text(json.dumps(_NETWORKS))
    command = (
        str(programs.found(programs.ISTIOD)),
        "discovery",
        f"--kubeconfig={kubeconfig}",
        f"--meshConfig={mesh}",
        f"--networksConfig={networks}",
        f"--grpcAddr=127.0.0.1:{grpc}",
        f"--httpAddr=127.0.0.1:{http}",
        f"--monitoringAddr=127.0.0.1:{monitoring}",
        "--httpsAddr=",
        "--secureGRPCAddr=",
        "--ctrlz_port=0",
        "--shutdownDuration=0s",
    )
    return Part("istiod", command, lambda: _answers(f"http://127.0.0.1:{http}/ready"), _ENVIRONMENT)


def bootstrap(admin: int, grpc: int) -> Object:
    """What its Envoy is started with: who it is, and where istiod is."""
    ads: Json = {"ads": {}, "resource_api_version": "V3"}
    service: Json = {"envoy_grpc": {"cluster_name": "istiod"}}
    return {
        **surroundings(admin),
        "node": {
            "id": _NODE,
            "cluster": "ingress.istio-system",
            "metadata": {
                "LABELS": GATEWAY,
                "NAMESPACE": NAMESPACE,
                "NETWORK": NETWORK,
                "CLUSTER_ID": "Kubernetes",
                "INSTANCE_IPS": "192.0.2.250",
                "ISTIO_VERSION": "1.31.0",
            },
        },
        "dynamic_resources": {
            "ads_config": {
                "api_type": "GRPC",
                "transport_api_version": "V3",
                "set_node_on_first_message_only": True,
                "grpc_services": [service],
            },
            "cds_config": ads,
            "lds_config": ads,
        },
        "static_resources": {"clusters": [_istiods_cluster(grpc)]},
        "stats_config": {
            "histogram_bucket_settings": BUCKETS,
            # a cluster's name has dots; istiod ends it by a semicolon
            "use_all_default_tags": False,
            "stats_tags": [
                {"tag_name": "envoy.cluster_name", "regex": r"^cluster(\.(.+);)"},
                {"tag_name": "envoy.response_code", "regex": r"_rq(_(\d{3}))$"},
            ],
        },
    }


def _istiods_cluster(port: int) -> Json:
    options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    endpoint: Json = {"endpoint": {"address": socket_address(port)}}
    return {
        "name": "istiod",
        "type": "STATIC",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": {
            options: {
                "@type": f"type.googleapis.com/{options}",
                "explicit_http_config": {"http2_protocol_options": {}},
            }
        },
        "load_assignment": {
            "cluster_name": "istiod",
            "endpoints": [{"lb_endpoints": [endpoint]}],
        },
    }


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=_ASK_SECONDS) as answer:  # noqa: S310 - http
            return bool(answer.status == 200)
    except OSError:
        return False
