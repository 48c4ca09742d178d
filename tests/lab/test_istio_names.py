"""What Prometheus makes of the names that istiod gives to Envoy's clusters."""

import re

import pytest

from infra.local.istio_names import Names, istiods

CANARY = "outbound|8080||web-canary.shop.svc.cluster.local"
PRIMARY = "outbound|8080||web-primary.shop.svc.cluster.local"
WORKLOADS = {("shop", "web-canary"): "web", ("shop", "web-primary"): "web-primary"}


def labelled(names: Names, cluster: str) -> dict[str, str]:
    """As Prometheus relabels: the last rule that fits the whole source wins."""
    found: dict[str, str] = {}
    for rule in names.rules:
        fits = re.fullmatch(str(rule["regex"]), cluster)
        if fits:
            template = re.sub(r"\$(\d)", r"\\\1", str(rule["replacement"]))
            found[str(rule["target_label"])] = fits.expand(template)
    return found


def test_the_workload_of_a_cluster_is_the_one_behind_its_service():
    found = labelled(istiods(WORKLOADS), CANARY)

    assert found == {
        "destination_workload_namespace": "shop",
        "destination_workload": "web",
        "destination_service_name": "web-canary",
        "destination_service": "web-canary.shop.svc.cluster.local",
    }


@pytest.mark.parametrize(
    ("cluster", "workload"),
    [
        pytest.param(PRIMARY, "web-primary", id="a Service of its workload's name"),
        pytest.param(CANARY.replace("shop", "shop2"), "web-canary", id="elsewhere: the Service"),
        pytest.param(CANARY.replace("web", "xweb"), "xweb-canary", id="a longer name is another"),
        pytest.param(
            CANARY.replace("web-canary.shop", "web-canary-shop.x"), "web-canary-shop", id="no regex"
        ),
    ],
)
def test_a_service_that_is_not_known_stands_for_itself(cluster: str, workload: str):
    found = labelled(istiods(WORKLOADS), cluster)

    assert found["destination_workload"] == workload


@pytest.mark.parametrize(
    ("statistic", "scraped"),
    [
        pytest.param(f"cluster.{CANARY};.upstream_rq_503", True, id="requests by their code"),
        pytest.param(f"cluster.{CANARY};.upstream_rq_time", True, id="durations"),
        pytest.param(f"cluster.{CANARY};.upstream_rq_5xx", False, id="sums of codes"),
        pytest.param("cluster.istiod.upstream_rq_200", False, id="Envoy's own"),
    ],
)
def test_only_requests_to_services_are_scraped(statistic: str, scraped: bool):
    assert bool(re.search(istiods({}).statistics, statistic)) == scraped
