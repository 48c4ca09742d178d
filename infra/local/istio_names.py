"""Istio's labels out of the names that Envoy's statistics have: how Prometheus is told of them.

Envoy does not know workloads. The lab's own mesh writes them into the name of each cluster's
statistics; istiod names clusters by their Services, and the workload is looked up beside it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from infra.local.kube import Key
from shared.domain.fields import Object

_CLUSTER = "envoy_cluster_name"
_OURS = r"(.*)\|(.*)\|(.*)"  # namespace, workload, service
_ISTIODS = r"outbound\|[0-9]+\|[^|]*\|([^.]+)\.([^.]+)\.svc\.cluster\.local"  # service, namespace


@dataclass(frozen=True, slots=True)
class Names:
    """Which of Envoy's statistics are scraped (a regex), and the rules that label them."""

    statistics: str
    rules: tuple[Object, ...]


def label(target: str, source: str, regex: str, replacement: str) -> Object:
    """A relabelling rule: the target is written where the whole source fits."""
    return {
        "target_label": target,
        "source_labels": [source],
        "regex": regex,
        "replacement": replacement,
    }


OURS = Names(
    r"^cluster\.[^.]*\.upstream_rq_([0-9]{3}|time)$",
    (
        label("destination_workload_namespace", _CLUSTER, _OURS, "$1"),
        label("destination_workload", _CLUSTER, _OURS, "$2"),
        label("destination_service_name", _CLUSTER, _OURS, "$3"),
        label("destination_service", _CLUSTER, _OURS, "$3.$1.svc.cluster.local"),
    ),
)


def istiods(workloads: Mapping[Key, str]) -> Names:
    """Those of clusters that istiod has named; the workload by its Service, else the Service."""
    return Names(
        r"^cluster\.outbound\|[^;]*;\.upstream_rq_([0-9]{3}|time)$",
        (
            label("destination_workload_namespace", _CLUSTER, _ISTIODS, "$2"),
            label("destination_workload", _CLUSTER, _ISTIODS, "$1"),
            label("destination_service_name", _CLUSTER, _ISTIODS, "$1"),
            label("destination_service", _CLUSTER, _ISTIODS, "$1.$2.svc.cluster.local"),
            *(
                label("destination_workload", _CLUSTER, _cluster_of(service), workload)
                for service, workload in sorted(workloads.items())
                if workload != service[1]
            ),
        ),
    )


def _cluster_of(service: Key) -> str:
    namespace, name = service
    host = re.escape(f"{name}.{namespace}.svc.cluster.local")
    return rf"outbound\|[0-9]+\|[^|]*\|{host}"
