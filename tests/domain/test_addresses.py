"""No metrics server leads to a machine's own secrets."""

import pytest

from shared.domain import addresses


@pytest.mark.parametrize(
    "url",
    [
        "http://prometheus:9090",
        "https://prometheus.istio-system.svc.cluster.local./base/path",
        "http://127.0.0.1:41234",
        "http://10.0.0.7",
        "http://[fd00::7]:9090/",
        "http://[::ffff:10.0.0.7]",
        "HTTP://Prometheus_1.example.com",
    ],
)
def test_an_ordinary_server_is_asked(url: str):
    assert addresses.flaw(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest",
        "http://169.254.0.23",
        "http://[fe80::1]",
        "http://[fe80::1%25eth0]",
        "http://[fd00:ec2::254]",
        "http://[::ffff:169.254.169.254]",
        "http://[64:ff9b::a9fe:a9fe]",
        "http://[2002:a9fe:a9fe::1]",
        "http://100.100.100.200",
        "http://metadata.google.internal",
        "http://METADATA.google.internal.",
        "http://metadata",
        "http://instance-data.ec2.internal",
    ],
)
def test_a_server_of_secrets_is_not_asked(url: str):
    assert addresses.flaw(url) == "leads to a link-local or metadata address"


@pytest.mark.parametrize(
    "url",
    [
        "http://2852039166",
        "http://0xa9fea9fe",
        "http://0xa9.254.43518",
        "http://0251.0376.0251.0376",
        "http://169.254.169.254.nip.0x1",
        "http://1①9.254.169.254",
        "http://meta%64ata",
        "http://-x",
        "http://a..b",
        "http://a b",
    ],
)
def test_a_host_that_resolvers_read_differently_is_not_asked(url: str):
    assert addresses.flaw(url) in {
        "has no valid host",
        "has more than scheme, host, port and path",
    }


@pytest.mark.parametrize(
    ("url", "flaw"),
    [
        ("prometheus:9090", "is not an http or https URL"),
        ("//prometheus", "is not an http or https URL"),
        ("file:///etc/passwd", "is not an http or https URL"),
        ("http://", "is not an http or https URL"),
        ("http://:9090", "is not an http or https URL"),
        ("http://[::1", "is not a URL"),
        ("http://prometheus:x", "is not a URL"),
        ("http://prometheus:99999", "is not a URL"),
        ("http://me@prometheus", "carries user info"),
        ("http://me:secret@prometheus", "carries user info"),
        ("http://@prometheus", "carries user info"),
        ("http://prometheus?x=1", "has more than scheme, host, port and path"),
        ("http://prometheus#x", "has more than scheme, host, port and path"),
        ("http://prometheus/a\nb", "has more than scheme, host, port and path"),
    ],
)
def test_what_is_no_plain_url_says_why(url: str, flaw: str):
    assert addresses.flaw(url) == flaw


@pytest.mark.parametrize(
    ("address", "secret"),
    [("169.254.169.254", True), ("fe80::1%eth0", True), ("10.0.0.7", False), ("::1", False)],
)
def test_an_address_that_a_name_resolved_to_can_be_judged(address: str, secret: bool):
    assert addresses.is_secret(address) is secret
