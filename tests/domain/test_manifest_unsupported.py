"""Flagger's fields that are not carried out are named, and only where they are used."""

import pytest

from shared.domain.canary import CanarySpec, Refusal
from shared.domain.fields import Json, Object
from shared.domain.manifest import parse
from tests.domain.canaries import analysing, canary, measuring, serving

REF = {"apiVersion": "v1", "kind": "X", "name": "x"}


@pytest.mark.parametrize(
    ("manifest", "path"),
    [
        pytest.param(canary(autoscalerRef=REF), "autoscalerRef", id="an autoscaler"),
        pytest.param(canary(ingressRef=REF), "ingressRef", id="an ingress"),
        pytest.param(canary(routeRef=REF), "routeRef", id="a route"),
        pytest.param(canary(upstreamRef=REF), "upstreamRef", id="an upstream"),
        pytest.param(canary(revertOnDeletion=True), "revertOnDeletion", id="a way back"),
        pytest.param(
            serving(trafficDistribution="PreferClose"), "service.trafficDistribution", id="close"
        ),
        pytest.param(serving(headless=True), "service.headless", id="headless"),
        pytest.param(serving(backendTimeout="5s"), "service.backendTimeout", id="backendTimeout"),
        pytest.param(serving(gatewayRefs=[REF]), "service.gatewayRefs", id="Gateway API"),
        pytest.param(serving(delegation=True), "service.delegation", id="delegation"),
        pytest.param(serving(trafficPolicy={"tls": {}}), "service.trafficPolicy", id="a policy"),
        pytest.param(serving(rewrite={"uri": "/"}), "service.rewrite", id="a rewrite"),
        pytest.param(serving(retries={"attempts": 0}), "service.retries", id="no retries"),
        pytest.param(serving(retries={}), "service.retries", id="no retries either"),
        pytest.param(serving(headers={"request": {}}), "service.headers", id="headers"),
        pytest.param(serving(mirror=[{}]), "service.mirror", id="a static mirror"),
        pytest.param(serving(corsPolicy={"maxAge": "1h"}), "service.corsPolicy", id="CORS"),
        pytest.param(serving(meshName="x"), "service.meshName", id="App Mesh"),
        pytest.param(serving(backends=["x"]), "service.backends", id="backends"),
        pytest.param(analysing(iterations=3), "analysis.iterations", id="iterations"),
        pytest.param(analysing(mirror=True), "analysis.mirror", id="a mirror"),
        pytest.param(analysing(mirrorWeight=50), "analysis.mirrorWeight", id="a mirror's weight"),
        pytest.param(analysing(match=[{}]), "analysis.match", id="an A/B test"),
        pytest.param(analysing(webhooks=[{}]), "analysis.webhooks", id="hooks"),
        pytest.param(analysing(alerts=[{}]), "analysis.alerts", id="alerts"),
        pytest.param(
            analysing(sessionAffinity={"cookieName": "x"}),
            "analysis.sessionAffinity",
            id="a cookie",
        ),
        pytest.param(
            measuring(name="x", templateRef={"name": "x"}),
            "analysis.metrics.0.templateRef",
            id="a template",
        ),
        pytest.param(
            measuring(name="x", query="up", templateVariables={"a": "b"}),
            "analysis.metrics.0.templateVariables",
            id="values for a template",
        ),
    ],
)
def test_a_field_that_is_not_carried_out_is_refused_by_name(manifest: Object, path: str):
    assert parse(manifest) == Refusal(f"spec.{path}", "not supported")


def test_all_fields_that_are_not_carried_out_are_named_at_once():
    manifest = canary(
        revertOnDeletion=True,
        service={"port": 80, "headless": True},
        analysis={"stepWeight": 10, "webhooks": [{}]},
    )

    assert str(parse(manifest)) == (
        "spec.revertOnDeletion: not supported, nor spec.service.headless, spec.analysis.webhooks"
    )


def test_what_several_metrics_ask_for_is_named_once():
    metric: Json = {"name": "x", "templateRef": {"name": "x"}, "templateVariables": {"a": "b"}}
    manifest = analysing(webhooks=[{}], metrics=[metric] * 8)

    assert str(parse(manifest)) == (
        "spec.analysis.webhooks: not supported, nor spec.analysis.metrics.templateRef, "
        "spec.analysis.metrics.templateVariables"
    )


@pytest.mark.parametrize("unused", [None, False, 0, 0.0, "", [], {}], ids=repr)
def test_an_empty_field_is_not_a_use_of_it(unused: Json):
    manifest = canary(
        revertOnDeletion=unused,
        autoscalerRef=unused,
        service={"port": 80, "headless": unused, "headers": unused, "gatewayRefs": unused},
        analysis={"stepWeight": 10, "iterations": unused, "mirror": unused, "webhooks": unused},
    )

    assert isinstance(parse(manifest), CanarySpec)


def test_an_analysis_that_does_not_count_is_not_looked_at():
    manifest = canary(canaryAnalysis={"webhooks": [{}]})

    assert isinstance(parse(manifest), CanarySpec)
