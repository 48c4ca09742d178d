"""Which addresses of a metrics server are asked: none that leads to a machine's own secrets."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

# Where clouds answer every pod that asks with the credentials of the node.
_SECRET_NETWORKS = tuple(
    ip_network(network)
    for network in (
        "169.254.0.0/16",  # link-local: AWS, Google Cloud, Azure, OpenStack and others
        "fe80::/10",  # link-local
        "fd00:ec2::/32",  # AWS
        "fd20:ce::254/128",  # Google Cloud
        "100.100.100.200/32",  # Alibaba Cloud
        "168.63.129.16/32",  # Azure's wire server
        "192.0.0.192/32",  # Oracle Cloud
    )
)
_SECRET_NAMES = frozenset(
    {
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "metadata.azure.internal",
        "metadata.tencentyun.com",
        "metadata.platformequinix.com",
        "instance-data",
        "instance-data.ec2.internal",
    }
)
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_NUMERIC = re.compile(r"0x[0-9a-f]*|[0-9]+")
_NAT64 = ip_network("64:ff9b::/96")


def flaw(url: str) -> str | None:
    """Why this URL is not asked for metrics; None where it may be."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is how urllib checks it
    except ValueError:
        return "is not a URL"
    return _flaw_of_form(url, parts) or _flaw_of_host(parts.hostname or "")


def is_secret(address: str) -> bool:
    """Whether an IP address is link-local or a metadata server, IPv4 wrapped in IPv6 included."""
    parsed = ip_address(address.partition("%")[0])
    plain = _unwrapped(parsed) if isinstance(parsed, IPv6Address) else parsed
    return any(plain in network for network in _SECRET_NETWORKS)


def _flaw_of_form(url: str, parts: SplitResult) -> str | None:
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "is not an http or https URL"
    if "@" in parts.netloc:
        return "carries user info"
    if "?" in url or "#" in url or any(not " " < character < "\x7f" for character in url):
        return "has more than scheme, host, port and path"
    return None


def _flaw_of_host(host: str) -> str | None:
    name = host.rstrip(".")
    try:
        secret = is_secret(name)
    except ValueError:
        # 2852039166 and 0xa9.254.43518 are 169.254.169.254 to some resolvers
        if not _NAME.fullmatch(name) or _NUMERIC.fullmatch(name.rpartition(".")[2]):
            return "has no valid host"
        secret = name in _SECRET_NAMES
    return "leads to a link-local or metadata address" if secret else None


def _unwrapped(address: IPv6Address) -> IPv4Address | IPv6Address:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
