"""The API server as the passes have it: what it says, and what it means when it says no."""

import json
import socket
import time

import certifi
import pytest
from kubernetes.config import incluster_config

from infra.local.apiserver.server import Server
from shared.adapters import cluster as adapter
from shared.adapters.cluster import Cluster
from shared.domain.errors import Conflict, Refused, Unavailable
from shared.domain.fields import mapping, pairs, text, whole
from tests.adapters.servers import answering, silent
from tests.domain.canaries import canary
from tests.domain.workloads import deployment
from tests.reconcile.kubeconfig import a_kubeconfig

pytestmark = pytest.mark.loopback
MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
CANARIES = "/apis/flagger.app/v1beta1/namespaces/default/canaries"


@pytest.fixture
def cluster(apiserver: Server, tmp_path) -> Cluster:
    return Cluster(a_kubeconfig(tmp_path / "kubeconfig", apiserver.url))


def a_map(name, **labels):
    return {"metadata": {"name": name, "labels": labels}, "data": {"a": "1"}}


def http(status, body, headers=""):
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status} X\r\n{headers}Content-Length: {len(sent)}\r\n\r\n"
    return head.encode() + sent


def asked(tmp_path, reply):
    """What a GET comes to where the server says this."""
    with answering(reply) as url:
        return Cluster(a_kubeconfig(tmp_path / "kubeconfig", url)).read(f"{MAPS}/a")


def names(pages):
    return [text(item, "metadata", "name") for page in pages for item in page]


def test_an_object_is_read_as_it_was_made(cluster):
    made = cluster.create(MAPS, a_map("a"))

    assert cluster.read(f"{MAPS}/a") == made
    assert made["data"] == {"a": "1"}


def test_what_is_not_there_is_none(cluster):
    assert cluster.read(f"{MAPS}/a") is None


def test_a_list_is_read_page_by_page(cluster, monkeypatch):
    monkeypatch.setattr(adapter, "_PAGE", 2)
    for name in "abcde":
        cluster.create(MAPS, a_map(name))

    pages = list(cluster.pages(MAPS))

    assert [len(page) for page in pages] == [2, 2, 1]
    assert names(pages) == list("abcde")


def test_a_list_is_of_those_that_are_selected(cluster):
    cluster.create(MAPS, a_map("a", tier="web"))
    cluster.create(MAPS, a_map("b", tier="db"))

    assert names(cluster.pages(MAPS, selector="tier=web")) == ["a"]
    assert names(cluster.metadata_pages(MAPS, selector="tier!=web")) == ["b"]


def test_of_a_list_of_metadata_nothing_else_is_sent(cluster):
    cluster.create(DEPLOYMENTS, deployment(namespace="default"))

    ((found,),) = cluster.metadata_pages(DEPLOYMENTS)

    assert text(found, "metadata", "name") == "cart"
    assert whole(found, "metadata", "generation") == 1
    assert not {"spec", "status"} & set(found)


def test_of_a_kind_that_the_server_does_not_have_nothing_is_known(cluster):
    """Its objects come back with its definition: they are not gone."""
    things = "/apis/example.com/v1/things"

    with pytest.raises(Unavailable, match="could not find the requested resource"):
        names(cluster.pages(things))
    with pytest.raises(Unavailable, match="could not find the requested resource"):
        cluster.read(f"{things}/a")


def test_what_no_server_of_kubernetes_says_is_not_there_may_be_there(tmp_path):
    with pytest.raises(Unavailable, match="404 page not found"):
        asked(tmp_path, http(404, b"404 page not found"))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param("/apis/example.com/v1/things", "could not find", id="kind"),
        pytest.param("/api/v1/namespaces/no/configmaps", 'namespaces "no" not found', id="place"),
    ],
)
def test_what_can_be_made_nowhere_is_refused_in_the_servers_words(cluster, path, message):
    with pytest.raises(Refused, match=message):
        cluster.create(path, a_map("a"))


def test_a_name_that_is_taken_is_a_conflict(cluster):
    cluster.create(MAPS, a_map("a"))

    with pytest.raises(Conflict, match='configmaps: configmaps "a" already exists'):
        cluster.create(MAPS, a_map("a"))


def test_a_whole_object_is_written_at_the_version_that_was_read(cluster):
    first = cluster.create(MAPS, a_map("a"))

    cluster.replace(f"{MAPS}/a", {**first, "data": {"a": "2"}})
    with pytest.raises(Conflict, match="has been modified"):
        cluster.replace(f"{MAPS}/a", {**first, "data": {"a": "3"}})

    assert mapping(cluster.read(f"{MAPS}/a"), "data") == {"a": "2"}


def test_what_is_gone_cannot_be_written(cluster):
    with pytest.raises(Conflict, match="not found"):
        cluster.merge(f"{MAPS}/a", {"data": {}})


def test_a_patch_is_applied_where_its_test_holds(cluster):
    made = cluster.create(DEPLOYMENTS, deployment(namespace="default"))
    path = f"{DEPLOYMENTS}/cart"
    scaled = {"op": "add", "path": "/spec/replicas", "value": 7}

    cluster.patch(path, [{"op": "test", "path": "/metadata/generation", "value": 1}, scaled])
    with pytest.raises(Conflict):
        cluster.patch(path, [{"op": "test", "path": "/metadata/generation", "value": 1}, scaled])

    assert whole(made, "spec", "replicas") == 2
    assert whole(cluster.read(path), "spec", "replicas") == 7


def test_a_merge_changes_what_it_names(cluster):
    cluster.create(MAPS, a_map("a", tier="web"))

    merged = cluster.merge(f"{MAPS}/a", {"metadata": {"labels": {"team": "x"}}})

    assert pairs(merged, "metadata", "labels") == {"tier": "web", "team": "x"}


def test_an_object_that_breaks_its_schema_is_refused_with_the_servers_message(cluster):
    broken = canary(analysis={"stepWeight": "much"})

    with pytest.raises(Refused, match=r"spec\.analysis\.stepWeight"):
        cluster.create(CANARIES, {**broken, "metadata": {"name": "cart"}})


def test_an_object_is_deleted_at_its_version_and_may_be_gone(cluster):
    first = cluster.create(MAPS, a_map("a"))
    version = text(first, "metadata", "resourceVersion")
    second = cluster.merge(f"{MAPS}/a", {"data": {"a": "2"}})

    with pytest.raises(Conflict):
        cluster.delete(f"{MAPS}/a", resource_version=version)
    cluster.delete(f"{MAPS}/a", resource_version=text(second, "metadata", "resourceVersion"))
    cluster.delete(f"{MAPS}/a")

    assert cluster.read(f"{MAPS}/a") is None


CAUSES = {"message": "it is wrong", "details": {"causes": [{"field": "spec"}]}}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        pytest.param(409, {"message": "it is newer"}, Conflict, id="a-race"),
        pytest.param(422, {"message": "the server rejected"}, Conflict, id="a-test-in-a-patch"),
        pytest.param(422, CAUSES, Refused, id="an-object-that-is-wrong"),
        pytest.param(400, {"message": "bad"}, Refused, id="a-request-that-is-wrong"),
        pytest.param(413, {"message": "large"}, Refused, id="too-large"),
        pytest.param(415, {"message": "type"}, Refused, id="another-type"),
        pytest.param(401, {"message": "who?"}, Unavailable, id="unknown"),
        pytest.param(403, {"message": "forbidden"}, Unavailable, id="forbidden"),
        pytest.param(410, {"message": "too old"}, Unavailable, id="a-page-that-expired"),
        pytest.param(429, {"message": "slow down"}, Unavailable, id="busy"),
        pytest.param(500, {"message": "oh"}, Unavailable, id="broken"),
        pytest.param(503, b"<html>later</html>", Unavailable, id="no-json"),
        pytest.param(500, [], Unavailable, id="no-object"),
        pytest.param(500, {"message": {"a": 1}}, Unavailable, id="a-message-that-is-none"),
    ],
)
def test_what_the_server_says_no_to_says_what_to_do_next(tmp_path, status, body, error):
    with pytest.raises(error):
        asked(tmp_path, http(status, body))


def test_an_error_names_the_path_and_quotes_the_server_briefly(tmp_path):
    with pytest.raises(Unavailable) as found:
        asked(tmp_path, http(500, {"message": "x" * 5000}))

    assert str(found.value).startswith(f"{MAPS}/a: xxx")
    assert str(found.value).endswith("… (500)")
    assert len(str(found.value)) < 300


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(http(200, b"<html>hello</html>"), id="a-page"),
        pytest.param(http(200, b""), id="nothing"),
        pytest.param(http(200, []), id="a-list"),
        pytest.param(http(200, b"\xff\xfe"), id="bytes"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}", id="broken-off"),
        pytest.param(b"hello\r\n", id="no-http"),
        pytest.param(b"", id="hung-up"),
    ],
)
def test_garbage_is_never_taken_for_an_object(tmp_path, reply):
    with pytest.raises(Unavailable):
        asked(tmp_path, reply)


def test_garbage_is_never_taken_for_an_empty_list(tmp_path):
    with (
        answering(http(200, b"<html>hello</html>")) as url,
        pytest.raises(Unavailable),
    ):
        names(Cluster(a_kubeconfig(tmp_path / "kubeconfig", url)).pages(MAPS))


def test_a_redirect_is_not_followed(tmp_path):
    elsewhere = http(302, b"", "Location: http://127.0.0.1:9/\r\n")

    with pytest.raises(Unavailable, match=r"\(302\)"):
        asked(tmp_path, elsewhere)


def test_an_answer_without_end_is_left(tmp_path):
    huge = b'{"data": "' + b"x" * (64 << 20) + b'"}'

    with pytest.raises(Unavailable, match="the answer is longer than 67108864 bytes"):
        asked(tmp_path, http(200, huge))


def test_a_server_that_is_down_is_unavailable_at_once(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    started = time.monotonic()

    with pytest.raises(Unavailable, match=f"GET {MAPS}/a: "):
        Cluster(a_kubeconfig(tmp_path / "kubeconfig", f"http://127.0.0.1:{port}")).read(f"{MAPS}/a")

    assert time.monotonic() - started < 1


def test_a_server_that_hangs_is_left_in_time(tmp_path, monkeypatch):
    monkeypatch.setattr(adapter, "_TIMEOUT", (0.3, 0.3))
    started = time.monotonic()

    with silent() as url, pytest.raises(Unavailable, match="timed out"):
        Cluster(a_kubeconfig(tmp_path / "kubeconfig", url)).create(MAPS, a_map("a"))

    assert 0.3 <= time.monotonic() - started < 2


def test_a_server_that_comes_back_is_asked_again(apiserver, tmp_path):
    cluster = Cluster(a_kubeconfig(tmp_path / "kubeconfig", apiserver.url))
    cluster.create(MAPS, a_map("a"))
    apiserver.stop()

    with pytest.raises(Unavailable):
        cluster.read(f"{MAPS}/a")
    with answering(http(200, a_map("a")), port=int(apiserver.url.rpartition(":")[2])):
        assert cluster.read(f"{MAPS}/a") == a_map("a")


def test_the_account_of_the_kubeconfig_is_shown(tmp_path):
    heard: list[bytes] = []

    with answering(http(200, {}), heard) as url:
        Cluster(a_kubeconfig(tmp_path / "kubeconfig", url, token="t0ken")).read(f"{MAPS}/a")

    assert b"\r\nauthorization: Bearer t0ken\r\n" in heard[0]


def test_without_a_kubeconfig_the_pods_own_account_counts(tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (tmp_path / "token").write_text("t0ken")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(port))
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", certifi.where())

    with pytest.raises(Unavailable, match=f"GET {MAPS}/a: .*{port}"):
        Cluster().read(f"{MAPS}/a")


@pytest.mark.parametrize(
    ("kubeconfig", "named"),
    [
        pytest.param("/not/there", "kubeconfig /not/there: ", id="a-kubeconfig"),
        pytest.param("", "the pod's own account: ", id="an-account"),
    ],
)
def test_without_an_account_nothing_is_to_be_had(monkeypatch, kubeconfig, named):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    with pytest.raises(Unavailable, match=named):
        Cluster(kubeconfig)
