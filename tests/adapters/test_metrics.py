"""Metrics servers as they are met: right, wrong, slow, hostile. Every one is real, on loopback."""

import json
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.adapters import metrics
from shared.domain.analysis import MetricKind, NoData, Question, Rejected, Unanswered, Value
from tests.adapters.servers import dribbling

pytestmark = pytest.mark.loopback

CERTIFICATE = Path(__file__).parent.parent / "data" / "prometheus.shop.pem"  # and its key

Respond = Callable[[socket.socket, bytes], None]


class OneShot(socketserver.BaseRequestHandler):
    """Reads one request's head, and leaves the rest of the connection to the server's `respond`."""

    server: "Server"

    def handle(self):
        head = b""
        while b"\r\n\r\n" not in head:
            received = self.request.recv(65536)
            if not received:
                return
            head += received
        self.server.heads.append(head)
        with suppress(OSError):  # the client may go when it has seen enough
            self.server.respond(self.request, head)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, respond: Respond):
        super().__init__(("127.0.0.1", 0), OneShot)
        self.respond = respond
        self.heads: list[bytes] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def serving(respond: Respond, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    with Server(respond) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


def reply(body, status="200 OK", headers=""):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\n{headers}\r\n"
    return lambda connection, _: connection.sendall(head.encode() + content)


def result(found, kind="vector"):
    return reply({"status": "success", "data": {"resultType": kind, "result": found}})


def inline(server, text="up"):
    return Question(server, MetricKind.QUERY, text=text)


@pytest.fixture
def pool():
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.fixture
def ask(pool):
    def ask(respond, deadline=5.0):
        with serving(respond) as server:
            (answer,) = metrics.gather([inline(server.url)], deadline=deadline, pool=pool).values()
        return answer

    return ask


def workload(namespace, name):
    return {"destination_workload_namespace": namespace, "destination_workload": name}


def element(number, **labels):
    return {"metric": labels, "value": [1700000000.123, number]}


@pytest.mark.parametrize(
    ("respond", "answer"),
    [
        pytest.param(result([element("96.54")]), Value(96.54), id="a-value"),
        pytest.param(result([]), NoData(), id="an-empty-vector"),
        pytest.param(result(None), NoData(), id="null-as-go-writes-an-empty-list"),
        pytest.param(result([element("NaN")]), NoData(), id="not-a-number"),
        pytest.param(result([element("+Inf")]), Value(float("inf")), id="infinite"),
        pytest.param(result([1700000000, "3"], "scalar"), Value(3), id="a-scalar"),
        pytest.param(result([1700000000, "NaN"], "scalar"), NoData(), id="a-scalar-not-a-number"),
        pytest.param(
            result([element("1", app="a"), element("2", app="b")]),
            Rejected("query returned multiple values"),
            id="several-values",
        ),
        pytest.param(
            result([{"metric": {}, "values": [[1700000000, "3"]]}], "matrix"),
            Rejected("query returned multiple values"),
            id="a-matrix",
        ),
        pytest.param(
            reply({"error": "parse error"}, "400 Bad Request"),
            Rejected('error response: Status 400 Bad Request: {"error": "parse error"}'),
            id="a-query-that-does-not-parse",
        ),
        pytest.param(
            reply(b"too\nmany\nsamples", "422 Whatever"),
            Rejected("error response: Status 422 Unprocessable Entity: too many samples"),
            id="a-query-that-cannot-be-run",
        ),
        pytest.param(
            reply(b"secret", "500 Oops"), Unanswered("error response: Status 500"), id="broken"
        ),
        pytest.param(
            reply(b"secret", "401 Who"), Unanswered("error response: Status 401"), id="not-for-us"
        ),
    ],
)
def test_an_answer_is_read(ask, respond, answer):
    assert ask(respond) == answer


@pytest.mark.parametrize(
    "respond",
    [
        pytest.param(reply(b"<html>"), id="html"),
        pytest.param(reply(b""), id="nothing"),
        pytest.param(reply([]), id="a-list"),
        pytest.param(reply({"status": "error"}), id="an-error-that-calls-itself-200"),
        pytest.param(reply({"data": {"result": "up"}}), id="a-text-result"),
        pytest.param(result([{"metric": {}}]), id="no-value"),
        pytest.param(result([{"metric": {}, "histogram": [1, {}]}]), id="a-native-histogram"),
        pytest.param(result([element(3)]), id="a-number-that-is-not-written-as-text"),
        pytest.param(result([element("three")]), id="a-word"),
        pytest.param(result([1700000000, "text"], "string"), id="a-string"),
        pytest.param(result([{"metric": {"app": 1}, "value": [1, "3"]}]), id="odd-labels"),
        pytest.param(reply(b"[" * 100_000), id="nested-beyond-reason"),
        pytest.param(reply(b"9" * 100_000), id="a-number-beyond-reason"),
        pytest.param(reply(b"\x1f\x8b\x08", headers="Content-Encoding: gzip\r\n"), id="compressed"),
    ],
)
def test_what_is_no_answer_of_a_prometheus_says_nothing_about_the_canary(ask, respond):
    answer = ask(respond)

    assert answer == Unanswered("the answer is not that of a Prometheus")


def test_a_refusal_is_not_quoted_beyond_200_characters(ask):
    answer = ask(reply(b"x" * 100_000, "400 Bad Request"))

    assert answer == Rejected("error response: Status 400 Bad Request: " + "x" * 200 + "…")


def test_a_huge_answer_is_not_read_to_its_end(ask):
    sent = []

    def respond(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            sent.append(connection.send(b" " * 65536))

    answer = ask(respond)

    assert answer == Unanswered("the answer is longer than 262144 bytes")
    assert sum(sent) < 20_000_000  # what was under way in the sockets' buffers


def test_only_the_workload_whose_answer_is_too_long_goes_without(pool):
    def respond(connection, head):
        (query,) = parse_qs(urlsplit(target_of(head)).query)["query"]
        named = [name for name in ("app-1", "app-2", "app-3", "endless") if name in query]
        codes = {"endless": range(4000)}
        series = [
            element("1", **workload("shop", name), response_code=str(code))
            for name in named
            for code in codes.get(name, (200,))
        ]
        result(series)(connection, head)

    with serving(respond) as server:
        asked = {
            name: Question(server.url, MetricKind.SUCCESS_RATE, "1m", "shop", name)
            for name in ("app-1", "app-2", "app-3", "endless")
        }

        answers = metrics.gather([*asked.values()], deadline=5, pool=pool)

    assert answers.pop(asked["endless"]) == Unanswered("the answer is longer than 262144 bytes")
    assert answers == dict.fromkeys((asked["app-1"], asked["app-2"], asked["app-3"]), Value(100))
    assert len(server.heads) == 5  # all of them, two halves, and each of the second half


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 Other", "307 Same", "308 Same"])
def test_a_redirect_is_not_followed(ask, status):
    with serving(result([element("1")])) as elsewhere:
        answer = ask(reply(b"", status, f"Location: {elsewhere.url}/\r\n"))

        assert answer == Unanswered(f"error response: Status {status[:3]}")
        assert elsewhere.heads == []


def test_a_server_that_is_down_says_nothing_about_the_canary(pool):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and never listening: refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

        (answer,) = metrics.gather([inline(url)], deadline=5, pool=pool).values()

    assert answer == Unanswered(f"{url} cannot be reached, or broke off")


def hang(connection, _):
    connection.recv(1)


def hang_up(connection, _):
    connection.close()


def break_off(connection, _):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


def dribble_the_head(connection, _):
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


def dribble_the_body(connection, _):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


def dribble_the_body_of_a_closing_connection(connection, _):
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


@pytest.mark.parametrize("respond", [hang_up, break_off])
def test_a_server_that_breaks_off_says_nothing_about_the_canary(ask, respond):
    assert isinstance(ask(respond), Unanswered)


@pytest.mark.parametrize(
    "respond",
    [hang, dribble_the_head, dribble_the_body, dribble_the_body_of_a_closing_connection],
)
def test_a_server_that_never_comes_to_an_end_is_left_in_time_and_holds_no_thread(respond):
    started = time.monotonic()

    with serving(respond) as server, ThreadPoolExecutor(1) as pool:
        (answer,) = metrics.gather([inline(server.url)], deadline=0.4, pool=pool).values()
        answered = time.monotonic() - started
    ended = time.monotonic() - started  # the pool waits for its threads

    assert isinstance(answer, Unanswered)
    assert answered < 1
    assert ended < 2


def test_one_hanging_server_however_it_is_spelled_does_not_keep_the_others_waiting():
    with (
        serving(hang) as bad,
        serving(result([element("1")])) as good,
        ThreadPoolExecutor(6) as pool,
    ):
        wanted = [inline(good.url, f"good {index}") for index in range(20)]
        spelled = (bad.url, f"{bad.url}/", bad.url.replace("http", "HTTP"), f"{bad.url}/a", bad.url)
        doomed = [inline(url, f"bad {index}") for index in range(4) for url in spelled]

        answers = metrics.gather([*doomed, *wanted], deadline=1, pool=pool)

    assert [answers[question] for question in wanted] == [Value(1)] * 20
    assert all(isinstance(answers[question], Unanswered) for question in doomed)


@pytest.mark.parametrize(("bad", "each"), [(1, 40), (2, 8), (8, 2), (16, 1)])
def test_with_a_thread_for_each_server_none_waits_for_those_that_hang(bad, each):
    with (
        ExitStack() as hanging,
        serving(result([element("1")])) as good,
        ThreadPoolExecutor(bad + 1) as pool,
    ):
        urls = [hanging.enter_context(serving(hang)).url for _ in range(bad)]
        doomed = [inline(url, f"bad {index}") for url in urls for index in range(each)]

        answers = metrics.gather([*doomed, inline(good.url)], deadline=0.5, pool=pool)

    assert answers.pop(inline(good.url)) == Value(1)
    assert {type(answer) for answer in answers.values()} == {Unanswered}


def test_what_no_thread_was_free_for_is_unanswered():
    release = threading.Event()
    with serving(result([])) as server, ThreadPoolExecutor(1) as pool:
        pool.submit(release.wait, 10)

        answers = metrics.gather([inline(server.url)], deadline=0.1, pool=pool)

        release.set()

    assert answers == {inline(server.url): Unanswered("no answer within 0.1 s")}
    assert server.heads == []


def test_nothing_is_asked_when_there_is_no_time(pool):
    with serving(result([])) as server:
        (answer,) = metrics.gather([inline(server.url)], deadline=-1, pool=pool).values()

    assert isinstance(answer, Unanswered)
    assert server.heads == []


def test_nothing_is_asked_when_there_is_no_question(pool):
    assert metrics.gather([], deadline=1, pool=pool) == {}


def target_of(head):
    return head.split(b" ", 2)[1].decode()


def test_the_query_goes_below_the_servers_path_as_it_was_written(pool):
    text = 'sum(rate(x{a="b c",d=~"e|f"}[1m])) > 1 # 100 %'
    with serving(result([])) as server:
        metrics.gather([inline(server.url + "/prom/", text)], deadline=5, pool=pool)

        url = urlsplit(target_of(server.heads[0]))

    assert url.path == "/prom/api/v1/query"
    assert parse_qs(url.query) == {"query": [text]}


def test_equal_questions_of_many_canaries_are_one_request(pool):
    workloads = [
        Question("", MetricKind.SUCCESS_RATE, "1m", "shop", f"app-{index}") for index in range(100)
    ]
    with serving(result([])) as server:
        asked = [
            Question(server.url, one.kind, one.interval, one.namespace, one.workload)
            for one in workloads
        ]

        answers = metrics.gather(asked, deadline=5, pool=pool)

        assert len(server.heads) == 1
        assert answers == dict.fromkeys(asked, NoData())


def test_the_environment_neither_diverts_nor_authorises_a_query(ask, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    heads = []

    def respond(connection, head):
        heads.append(head)
        result([element("1")])(connection, head)

    assert ask(respond) == Value(1)
    assert b"authorization" not in heads[0].lower()


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254",
        "http://[fe80::1]:9090",
        "http://[fd00:ec2::254]",
        "http://[::ffff:169.254.169.254]",
        "http://metadata.google.internal",
        "ftp://127.0.0.1",
        "http://me:secret@127.0.0.1",
        "http://127.0.0.1/?x=",
        "http://127.0.0.1/#",
        "prometheus:9090",
    ],
)
def test_a_server_that_must_not_be_asked_is_refused(pool, url):
    (answer,) = metrics.gather([inline(url)], deadline=5, pool=pool).values()

    assert isinstance(answer, Rejected)
    assert answer.why.startswith("the metrics server's URL ")
    assert "secret@" not in answer.why


@pytest.fixture
def names(monkeypatch):
    """The machine's resolver, that knows only the given names."""
    known: dict[str, list[str]] = {}

    def resolve(host, port, *_, **__):
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known[host]
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fd00:ec2::254", "224.0.0.1", "0.0.0.0", "::", "fe80::1%eth0"]
)
def test_a_name_that_leads_to_a_forbidden_address_is_refused(pool, names, address):
    names["prometheus.shop"] = ["127.0.0.1", address]
    question = inline("http://prometheus.shop:9090")

    (answer,) = metrics.gather([question], deadline=5, pool=pool).values()

    assert isinstance(answer, Rejected)
    assert answer.why.startswith("http://prometheus.shop:9090 leads to a link-local")


def test_a_name_without_an_address_says_nothing_about_the_canary(pool, names):
    question = inline("http://prometheus.shop:9090")

    (answer,) = metrics.gather([question], deadline=5, pool=pool).values()

    assert answer == Unanswered("http://prometheus.shop:9090 has no address")


@pytest.mark.allow_hosts([])
def test_a_name_no_resolver_takes_says_nothing_about_the_canary(pool):
    (answer,) = metrics.gather([inline(f"http://{'x' * 64}")], deadline=5, pool=pool).values()

    assert answer == Unanswered(f"http://{'x' * 64} has no address")


def test_what_was_checked_is_what_is_asked_under_its_own_name(pool, names):
    with serving(result([element("1")])) as server:
        port = server.server_address[1]
        names["prometheus.shop"] = ["127.0.0.1"]
        names["127.0.0.1"] = ["127.0.0.1"]  # urllib3 asks even for a literal
        question = inline(f"http://prometheus.shop:{port}")

        (answer,) = metrics.gather([question], deadline=5, pool=pool).values()

    assert answer == Value(1)
    assert f"Host: prometheus.shop:{port}\r\n".encode() in server.heads[0]


@pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])
def test_the_next_address_is_tried_where_one_is_down(pool, monkeypatch):
    with serving(result([element("1")])) as server:
        port = server.server_address[1]
        resolve = socket.getaddrinfo

        def two(host, port, *rest, **options):
            literal = resolve("127.0.0.1", port, *rest, **options)
            down = [(*one[:4], ("127.0.0.2", port)) for one in literal]
            return down + literal if host == "prometheus.shop" else resolve(host, port, *rest)

        monkeypatch.setattr(socket, "getaddrinfo", two)
        question = inline(f"http://prometheus.shop:{port}")

        (answer,) = metrics.gather([question], deadline=5, pool=pool).values()

    assert answer == Value(1)


@pytest.fixture
def tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def trust(monkeypatch):
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(CERTIFICATE))


def ask_over_tls(pool, names, tls, name):
    names[name] = names["127.0.0.1"] = ["127.0.0.1"]
    with serving(result([element("1")]), tls) as server:
        url = f"https://{name}:{server.server_address[1]}"
        (answer,) = metrics.gather([inline(url)], deadline=5, pool=pool).values()
    return answer


def test_a_certificate_is_checked_against_the_name_and_not_the_address(
    pool, names, tls, monkeypatch
):
    trust(monkeypatch)

    assert ask_over_tls(pool, names, tls, "prometheus.shop") == Value(1)


def test_the_certificate_of_another_name_is_not_trusted(pool, names, tls, monkeypatch):
    trust(monkeypatch)

    answer = ask_over_tls(pool, names, tls, "other.shop")

    assert isinstance(answer, Unanswered)
    assert answer.why.endswith("has no certificate that can be trusted")


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(pool, names, tls):
    answer = ask_over_tls(pool, names, tls, "prometheus.shop")

    assert isinstance(answer, Unanswered)
    assert answer.why.endswith("has no certificate that can be trusted")


def test_a_handshake_that_outlasts_the_time_holds_no_thread_afterwards(names, tls, monkeypatch):
    trust(monkeypatch)
    names["prometheus.shop"] = names["127.0.0.1"] = ["127.0.0.1"]
    resolve = socket.getaddrinfo

    def slow_to_connect(host, *rest, **options):
        time.sleep(0.4 if host == "127.0.0.1" else 0)
        return resolve(host, *rest, **options)

    def slow_to_greet(peer):
        time.sleep(0.4)
        return tls.wrap_socket(peer, server_side=True)

    monkeypatch.setattr(socket, "getaddrinfo", slow_to_connect)
    started = time.monotonic()

    with dribbling(b"HTTP/1.1 200 OK\r\nX: ", slow_to_greet) as url, ThreadPoolExecutor(1) as pool:
        question = inline(f"https://prometheus.shop:{urlsplit(url).port}")
        (answer,) = metrics.gather([question], deadline=0.6, pool=pool).values()
    ended = time.monotonic() - started  # the pool waits for its threads

    assert isinstance(answer, Unanswered)
    assert ended < 2
