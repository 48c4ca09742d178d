"""Batched queries beside Flagger's single ones, on a real Prometheus."""

import json
import math
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.processes import Part, Processes, free_ports
from infra.local.prometheus import fetched, is_ready
from shared.adapters import metrics
from shared.domain import promql
from shared.domain.analysis import Answer, MetricKind, NoData, Question, Rejected, Value
from shared.domain.promql import Sample
from tests.domain.made_up_mesh import NAMESPACES, WORKLOADS, Mesh

pytestmark = [pytest.mark.lab, pytest.mark.timeout(360)]  # the program may be fetched

PROGRAMS = Path(__file__).parent.parent.parent / ".lab" / "prometheus"  # kept for the next run
SCRAPED = 12  # seconds of history that the queries look at

Element = dict[str, Any]


@dataclass(frozen=True)
class Prometheus:
    url: str
    first: float
    last: float

    def query(self, text: str, at: float) -> list[Element]:
        asked = urllib.parse.urlencode({"query": text, "time": f"{at:.3f}"})
        with urllib.request.urlopen(f"{self.url}/api/v1/query?{asked}", timeout=5) as response:
            found: list[Element] = json.load(response)["data"]["result"]
        return found

    def number(self, text: str, at: float) -> float:
        """The only value; NaN where there is none."""
        found = self.query(text, at)
        assert len(found) <= 1
        return float(found[0]["value"][1]) if found else math.nan

    def samples(self, text: str, at: float) -> tuple[Sample, ...]:
        return tuple(
            Sample(element["metric"], float(element["value"][1]))
            for element in self.query(text, at)
        )


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory) -> Iterator[Prometheus]:
    folder: Path = tmp_path_factory.mktemp("prometheus")
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    processes = Processes(folder)
    with Mesh() as mesh:
        threading.Thread(target=mesh.serve_forever, args=(0.05,), daemon=True).start()
        processes.start(
            Part("prometheus", command(folder, mesh, address), lambda: is_ready(address))
        )
        try:
            processes.wait(10)
            yield _scraped(f"http://{address}")
        finally:
            processes.stop()
            mesh.shutdown()


def command(folder: Path, mesh: Mesh, address: str) -> tuple[str, ...]:
    """Prometheus, told to look at the mesh every second."""
    job = {"job_name": "mesh", "static_configs": [{"targets": [mesh.address]}]}
    every_second = {"scrape_interval": "1s", "scrape_timeout": "1s"}
    config = folder / "prometheus.json"
    config.write_text(json.dumps({"global": every_second, "scrape_configs": [job]}))
    return (
        str(fetched(PROGRAMS)),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--log.level=warn",
    )


def _scraped(url: str) -> Prometheus:
    """Waits for enough history. Prometheus scrapes for the first time some 6 s after its start."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        time.sleep(0.25)
        now = time.time()
        scrapes = Prometheus(url, now, now).query("up[1m]", now)
        if scrapes and len(scrapes[0]["values"]) >= SCRAPED:
            times = [float(at) for at, _ in scrapes[0]["values"]]
            return Prometheus(url, times[0], times[-1])
    raise TimeoutError("Prometheus has not scraped its target in 60 s")


def flaggers(question: Question) -> tuple[str, str]:
    """The queries of specs §4.1, and of the success rate its denominator alone."""
    place = (
        f'reporter="destination", destination_workload_namespace="{question.namespace}", '
        f'destination_workload=~"{question.workload}"'
    )
    window = f"[{question.interval}]"
    total = f"sum(rate(istio_requests_total{{{place}}}{window}))"
    if question.kind is MetricKind.SUCCESS_RATE:
        good = f'sum(rate(istio_requests_total{{{place}, response_code!~"5.*"}}{window}))'
        return f"{good} / {total} * 100", total
    buckets = f"istio_request_duration_milliseconds_bucket{{{place}}}{window}"
    return f"histogram_quantile(0.99, sum(rate({buckets})) by (le))", total


def single(prometheus: Prometheus, question: Question, at: float) -> float:
    """What Flagger's query says, but 0 for a numerator without series."""
    value, total = flaggers(question)
    number = prometheus.number(value, at)
    if question.kind is MetricKind.SUCCESS_RATE and math.isnan(number):
        return 0.0 if prometheus.number(total, at) > 0 else math.nan
    return number


QUESTIONS = st.builds(
    Question,
    server=st.just("http://prometheus"),
    kind=st.sampled_from([MetricKind.SUCCESS_RATE, MetricKind.DURATION]),
    interval=st.sampled_from(["2s", "3s", "5s", "1m"]),
    namespace=st.sampled_from([*NAMESPACES, "nowhere"]),
    workload=st.sampled_from(WORKLOADS),
)


def number_in(answer: Answer) -> float:
    """The number; NaN for no data."""
    assert isinstance(answer, Value | NoData)
    return answer.number if isinstance(answer, Value) else math.nan


@settings(max_examples=60, deadline=None)
@given(asked=st.sets(QUESTIONS, min_size=1, max_size=12), moment=st.floats(0, 1))
def test_each_batched_value_is_that_of_flaggers_single_query(prometheus, asked, moment):
    at = round(prometheus.first + moment * (prometheus.last - prometheus.first), 3)
    queries = promql.plan(sorted(asked, key=repr))

    answers = promql.answers(queries, [prometheus.samples(query.text, at) for query in queries])

    # the sums are the same numbers added in another order: the last bits may differ
    numbers = {question: number_in(answer) for question, answer in answers.items()}
    wanted = {question: single(prometheus, question, at) for question in asked}
    assert numbers == pytest.approx(wanted, rel=1e-12, nan_ok=True)


def test_the_made_up_mesh_shows_every_case(prometheus):
    asked = [
        Question("", MetricKind.SUCCESS_RATE, "5s", "shop", workload)
        for workload in ("good", "mixed", "all-5xx", "idle", "idle-after-5xx", "missing")
    ]
    queries = promql.plan(asked)
    at = prometheus.last

    answers = promql.answers(queries, [prometheus.samples(query.text, at) for query in queries])
    good, mixed, bad, *none = (answers[question] for question in asked)

    assert good == Value(100)
    assert 0 < number_in(mixed) < 100
    assert bad == Value(0)
    assert none == [NoData()] * 3
    assert math.isnan(prometheus.number(flaggers(asked[2])[0], at))


def test_a_name_with_a_dot_is_no_pattern(prometheus):
    """Flagger's a.b would be a-b, too: one of the few places where the texts differ."""
    (query,) = promql.plan([Question("", MetricKind.DURATION, "1m", "shop", "g..d")])

    assert prometheus.samples(query.text, prometheus.last) == ()


def test_a_real_prometheus_is_understood(prometheus):
    def inline(text):
        return Question(prometheus.url, MetricKind.QUERY, text=text)

    rate = Question(prometheus.url, MetricKind.SUCCESS_RATE, "1m", "shop", "good")
    with ThreadPoolExecutor(4) as pool:
        answers = metrics.gather(
            [
                rate,
                inline("scalar(vector(3))"),
                inline("vector(4)"),
                inline("nothing"),
                inline("0 / 0"),
                inline("istio_requests_total"),
                inline("up[1m]"),
                inline("sum("),
                inline("up + on(job) group_left() istio_requests_total"),
            ],
            deadline=5,
            pool=pool,
        )

    several = Rejected("query returned multiple values")
    numbers, refused = list(answers.values())[:7], list(answers.values())[7:]
    assert numbers == [Value(100), Value(3), Value(4), NoData(), NoData(), several, several]
    assert all(isinstance(answer, Rejected) for answer in refused)
    assert "Status 400 Bad Request: " in str(refused[0])
    assert "Status 422 Unprocessable Entity: " in str(refused[1])
