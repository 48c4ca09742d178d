"""A Canary of any version is read into a spec, or refused by the field's name."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.analysis import Metric, MetricKind
from shared.domain.canary import AnalysisSpec, CanarySpec, Refusal, ServiceSpec, Target
from shared.domain.fields import Json, Object
from shared.domain.manifest import parse
from tests.domain.canaries import CROC_HUNTER, RECORDED, analysing, canary, measuring, serving


def read(manifest: Object) -> CanarySpec:
    """The spec of a Canary that is expected to be run."""
    spec = parse(manifest)
    assert isinstance(spec, CanarySpec), str(spec)
    return spec


def test_the_croc_hunter_manifest_of_2019_is_read_unchanged():
    assert read(CROC_HUNTER) == CanarySpec(
        target=Target("Deployment", "jx-production-croc-hunter-jenkinsx"),
        service=ServiceSpec(
            name="jx-production-croc-hunter-jenkinsx",
            port=8080,
            target_port=8080,
            hosts=("croc-hunter.istio.example.com", "jx-production-croc-hunter-jenkinsx"),
            gateways=("public-gateway.istio-system.svc.cluster.local",),
        ),
        analysis=AnalysisSpec(
            interval=timedelta(seconds=15),
            threshold=5,
            max_weight=50,
            step_weight=10,
            metrics=(
                Metric("request-success-rate", MetricKind.SUCCESS_RATE, "1m", minimum=99.0),
                Metric("request-duration", MetricKind.DURATION, "30s", maximum=500.0),
            ),
            inconclusive_limit=5,
        ),
        progress_deadline=timedelta(seconds=60),
    )


def test_what_is_not_said_is_flaggers_default():
    assert read(canary()) == CanarySpec(
        target=Target("Deployment", "cart"),
        service=ServiceSpec(
            name="cart",
            port=80,
            port_name="http",
            target_port=80,
            hosts=("cart",),
            gateways=("mesh",),
        ),
        analysis=AnalysisSpec(
            interval=timedelta(seconds=60),
            threshold=1,
            max_weight=100,
            step_weight=10,
            drain=timedelta(seconds=10),
            inconclusive_limit=1,
        ),
        provider="istio",
        progress_deadline=timedelta(seconds=600),
    )


DEPLOYMENT: Object = {"apiVersion": "apps/v1", "kind": "Deployment"}


@pytest.mark.parametrize("version", ["v1alpha2", "v1alpha3", "v1beta1"])
@pytest.mark.parametrize("key", ["analysis", "canaryAnalysis"])
def test_every_version_may_use_either_name_of_the_analysis(version: str, key: str):
    spec: Object = {
        "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"},
        "service": {"port": 80},
        key: {"interval": "20s", "stepWeight": 10},
    }

    assert read({"apiVersion": f"flagger.app/{version}", "spec": spec}) == read(
        analysing(interval="20s")
    )


def test_analysis_wins_over_its_older_name():
    both = canary(analysis={"stepWeight": 10}, canaryAnalysis={"stepWeight": 20, "iterations": 3})

    assert read(both).analysis.step_weight == 10


def test_a_refusal_names_the_field_as_the_manifest_does():
    old = canary(analysis=None, canaryAnalysis={"stepWeight": 10, "iterations": 3})

    assert parse(old) == Refusal("spec.canaryAnalysis.iterations", "not supported")


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        pytest.param({"provider": "kubernetes"}, "spec.provider", id="another mesh"),
        pytest.param({"provider": 7}, "spec.provider", id="a number for a mesh"),
        pytest.param({"targetRef": None}, "spec.targetRef.kind", id="no target"),
        pytest.param(
            {"targetRef": {"kind": "DaemonSet", "name": "cart"}},
            "spec.targetRef.kind",
            id="a DaemonSet",
        ),
        pytest.param(
            {"targetRef": {**DEPLOYMENT, "apiVersion": "extensions/v1beta1"}},
            "spec.targetRef.apiVersion",
            id="a Deployment of another group",
        ),
        pytest.param(
            {"targetRef": {"kind": "Deployment", "name": "cart"}},
            "spec.targetRef.apiVersion",
            id="a Deployment of no group",
        ),
        pytest.param({"targetRef": DEPLOYMENT}, "spec.targetRef.name", id="a target without name"),
        pytest.param(
            {"targetRef": {**DEPLOYMENT, "name": 'x"} or {"'}},
            "spec.targetRef.name",
            id="a name that would end a query's string",
        ),
        pytest.param(
            {"targetRef": {**DEPLOYMENT, "name": "x" * 246}},
            "spec.targetRef.name",
            id="a name that leaves its primary none",
        ),
        pytest.param(
            {"targetRef": {**DEPLOYMENT, "name": "a..b"}},
            "spec.targetRef.name",
            id="a name that no Deployment has",
        ),
        pytest.param({"targetRef": []}, "spec.targetRef", id="a list for a target"),
        pytest.param({"analysis": None}, "spec.analysis", id="no analysis"),
        pytest.param({"analysis": {}}, "spec.analysis.stepWeight", id="no steps"),
        pytest.param({"analysis": "x"}, "spec.analysis", id="a string for an analysis"),
        pytest.param(
            {"analysis": {"stepWeights": []}},
            "spec.analysis.stepWeight",
            id="an empty list of steps",
        ),
        pytest.param({"service": [80]}, "spec.service", id="a list for a service"),
        pytest.param({"skipAnalysis": "true"}, "spec.skipAnalysis", id="a string for a boolean"),
        pytest.param({"suspend": 1}, "spec.suspend", id="a number for a boolean"),
        pytest.param(
            {"progressDeadlineSeconds": 0}, "spec.progressDeadlineSeconds", id="a deadline of 0"
        ),
        pytest.param(
            {"progressDeadlineSeconds": 2**31}, "spec.progressDeadlineSeconds", id="68 years"
        ),
        pytest.param({"metricsServer": 1}, "spec.metricsServer", id="a number for a URL"),
        pytest.param({"metricsServer": "//x"}, "spec.metricsServer", id="not a URL of http"),
    ],
)
def test_what_cannot_be_run_is_refused_by_path(spec: dict[str, Json], path: str):
    refusal = parse(canary(**spec))

    assert isinstance(refusal, Refusal)
    assert refusal.path == path


@pytest.mark.parametrize("spec", [None, 1, "x", [], {}], ids=repr)
def test_a_canary_without_a_usable_spec_is_refused(spec):
    assert isinstance(parse({"spec": spec}), Refusal)


def test_a_refusal_reads_as_a_sentence_about_the_field():
    assert str(parse(canary(provider="kuma"))) == "spec.provider: wanted istio, found 'kuma'"


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"provider": "k" * 5000}, id="a-long-value"),
        pytest.param(
            {"service": {"port": 80, "match": [{"headers": {"h" * 5000: {"a": "b"}}}]}},
            id="a-long-path",
        ),
        pytest.param(
            {"service": {"port": 80, "match": [{"h" * 5000: "x"}]}}, id="a-long-field-of-a-match"
        ),
        pytest.param(
            {"analysis": {"stepWeight": 10, "metrics": [{"templateRef": {"name": "x"}}] * 1000}},
            id="many-fields",
        ),
    ],
)
def test_a_refusal_is_short_enough_for_a_status(fields: dict[str, Json]):
    refusal = parse(canary(**fields))

    assert isinstance(refusal, Refusal)
    assert len(str(refusal).encode()) <= 602


def test_another_mesh_is_named_before_the_fields_that_come_with_it():
    refusal = parse(
        canary(provider="gatewayapi:v1", service={"port": 80, "gatewayRefs": [{"name": "x"}]})
    )

    assert isinstance(refusal, Refusal)
    assert refusal.path == "spec.provider"


def test_a_password_in_the_address_of_the_metrics_server_is_not_repeated():
    refusal = str(parse(canary(metricsServer="http://me:hunter2@prometheus:9090")))

    assert refusal == "spec.metricsServer: the address carries user info"


def test_without_an_analysis_nothing_is_analysed_only_where_that_is_said():
    spec = read(canary(analysis=None, skipAnalysis=True))

    assert spec.skip_analysis
    assert spec.analysis == AnalysisSpec()


@pytest.mark.parametrize(
    ("fields", "attribute", "value"),
    [
        pytest.param({"suspend": True}, "suspend", True, id="suspend"),
        pytest.param({"provider": ""}, "provider", "istio", id="an empty provider"),
        pytest.param({"metricsServer": ""}, "metrics_server", None, id="an empty metricsServer"),
        pytest.param(
            {"metricsServer": "http://prometheus.istio-system:9090/base"},
            "metrics_server",
            "http://prometheus.istio-system:9090/base",
            id="metricsServer",
        ),
        pytest.param(
            {"metricsServer": "http://prometheus:9090/"},
            "metrics_server",
            "http://prometheus:9090",
            id="a metricsServer with a slash at its end",
        ),
        pytest.param(
            {"progressDeadlineSeconds": 60.0},
            "progress_deadline",
            timedelta(seconds=60),
            id="a whole float",
        ),
    ],
)
def test_the_fields_of_the_spec_are_taken_over(
    fields: dict[str, Json], attribute: str, value: object
):
    assert getattr(read(canary(**fields)), attribute) == value


REFUSED = {
    "header-ab": "spec.analysis.iterations",
    "blue-green": "spec.analysis.iterations",
    "blue-green-mirror": "spec.analysis.iterations",
    "weights-mirror": "spec.analysis.mirror",
    "affinity": "spec.analysis.sessionAffinity",
    "hooks": "spec.analysis.webhooks",
    "alerts": "spec.analysis.alerts",
    "hpa": "spec.autoscalerRef",
    "routes": "spec.service.trafficPolicy",
    "gateway-api": "spec.provider",
    "gateway-api-ab": "spec.provider",
    "kubernetes": "spec.provider",
}


@pytest.mark.parametrize("scenario", RECORDED)
def test_what_a_real_flagger_was_given_is_read_or_refused_by_name(scenario: str):
    answer = parse(RECORDED[scenario])

    assert (answer.path if isinstance(answer, Refusal) else None) == REFUSED.get(scenario)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = {
    canary: ["targetRef", "provider", "progressDeadlineSeconds", "suspend", "analysis", "service"],
    serving: ["name", "port", "targetPort", "hosts", "timeout", "match", "apex", "appProtocol"],
    analysing: ["interval", "threshold", "stepWeight", "stepWeights", "drainSeconds", "metrics"],
    measuring: ["name", "interval", "threshold", "thresholdRange", "query"],
}


@pytest.mark.parametrize(
    ("build", "field"),
    [pytest.param(build, name, id=name) for build, names in FIELDS.items() for name in names],
)
@given(value=JSON)
def test_no_value_of_a_field_is_an_error_of_ours(build, field: str, value):
    assert isinstance(parse(build(**{field: value})), CanarySpec | Refusal)
