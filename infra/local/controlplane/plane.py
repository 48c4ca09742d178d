"""A control plane that runs: etcd, kube-apiserver with RBAC and audit, kube-controller-manager.

Everything is in one folder and on loopback. Whoever speaks to it has a token and a kubeconfig of
its own, so that the authorizer judges it and the audit log names it.
"""

import json
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.controlplane import programs
from infra.local.processes import Part, Processes, free_ports

ADMIN = "admin"
_READY_SECONDS = 60.0
_ASK_SECONDS = 1.0
_CONTROLLERS = "controllers"
# There are no kubelets that send heartbeats: those of the lab are not to be missed.
_LEFT_OUT = ("node-lifecycle-controller", "node-ipam-controller", "taint-eviction-controller")
_AUDIT = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
"""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a token. The token is no secret: nothing beyond this machine takes it."""

    name: str
    groups: tuple[str, ...] = ()

    @property
    def token(self) -> str:
        """Known by its owner's name."""
        return "token-of-" + self.name.replace(":", "-")


def service_account(namespace: str, name: str) -> User:
    """A ServiceAccount, as the authorizer and the audit log know it."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    return User(f"system:serviceaccount:{namespace}:{name}", groups)


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """One that runs: its folder, its address and that of its etcd, its processes."""

    folder: Path
    url: str
    etcd: str
    processes: Processes

    @property
    def audit(self) -> Path:
        """One line of JSON for each request that was answered (audit.k8s.io/v1 Event)."""
        return self.folder / "audit.log"

    @property
    def certificate(self) -> Path:
        """What the server's certificate is verified with."""
        return _certificate(self.folder)

    def kubeconfig(self, user: str = ADMIN) -> Path:
        """The kubeconfig of somebody who was named when it was started."""
        return _kubeconfig(self.folder, user)


@contextmanager
def running(
    folder: Path, *, users: Sequence[User] = (), controllers: bool = True
) -> Iterator[ControlPlane]:
    """A control plane for as long as the block lasts; processes.Failed where it does not start."""
    processes = Processes(folder / "logs")
    try:
        yield start(folder, processes, users=users, controllers=controllers)
    finally:
        processes.stop()


def start(
    folder: Path, processes: Processes, *, users: Sequence[User] = (), controllers: bool = True
) -> ControlPlane:
    """Starts it among other processes, and returns when it is ready.

    Without controllers an object is what was written last, and stays where its owner is gone.
    """
    etcd, peers, port = free_ports(3)
    addresses = (f"https://127.0.0.1:{port}", f"http://127.0.0.1:{etcd}")
    plane = ControlPlane(folder.resolve(), *addresses, processes)
    _prepare(plane, (User(ADMIN, ("system:masters",)), *_own(), *users))
    processes.start(_etcd(plane, peers))
    processes.wait(_READY_SECONDS, "etcd")
    processes.start(_apiserver(plane, port))
    processes.wait(_READY_SECONDS, "kube-apiserver")
    if controllers:
        processes.start(_controllers(plane))
    processes.wait(_READY_SECONDS)
    return plane


def _own() -> tuple[User, ...]:
    return (User(_CONTROLLERS, ("system:masters",)),)


def _prepare(plane: ControlPlane, users: Sequence[User]) -> None:
    folder = plane.folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "audit.yaml").write_text(_AUDIT)
    (folder / "tokens.csv").write_text("".join(_row(user) for user in users))
    for user in users:
        _kubeconfig(folder, user.name).write_text(json.dumps(_config(plane, user), indent=1))
    subprocess.run(
        ["openssl", "genrsa", "-out", str(_key(folder)), "2048"],  # noqa: S607 - the user's own
        check=True,
        capture_output=True,
    )


def _row(user: User) -> str:
    """A line of a token file: token, name, uid, groups."""
    return f'{user.token},{user.name},{user.name},"{",".join(user.groups)}"\n'


def _config(plane: ControlPlane, user: User) -> dict[str, object]:
    cluster = {"server": plane.url, "certificate-authority": str(plane.certificate)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "real", "cluster": cluster}],
        "users": [{"name": user.name, "user": {"token": user.token}}],
        "contexts": [{"name": "real", "context": {"cluster": "real", "user": user.name}}],
        "current-context": "real",
    }


def _etcd(plane: ControlPlane, peers: int) -> Part:
    address, peer = plane.etcd, f"http://127.0.0.1:{peers}"
    command = (
        str(programs.found(programs.ETCD)),
        f"--data-dir={plane.folder / 'etcd'}",
        f"--listen-client-urls={address}",
        f"--advertise-client-urls={address}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    )
    return Part("etcd", command, lambda: _answers(f"{address}/readyz"))


def _apiserver(plane: ControlPlane, port: int) -> Part:
    folder = plane.folder
    command = (
        str(programs.found(programs.APISERVER)),
        f"--etcd-servers={plane.etcd}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={plane.certificate.parent}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        f"--service-account-key-file={_key(folder)}",
        f"--service-account-signing-key-file={_key(folder)}",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        "--service-cluster-ip-range=10.0.0.0/16",
        "--endpoint-reconciler-type=none",
        f"--audit-policy-file={folder / 'audit.yaml'}",
        f"--audit-log-path={plane.audit}",
        "--audit-log-maxsize=10000",  # megabytes: whoever reads it reads it from its start
    )
    return Part("kube-apiserver", command, lambda: _takes_requests(plane), orphaned="KILL")


def _controllers(plane: ControlPlane) -> Part:
    command = (
        str(programs.found(programs.CONTROLLERS)),
        f"--kubeconfig={plane.kubeconfig(_CONTROLLERS)}",
        "--leader-elect=false",
        "--secure-port=0",
        f"--service-account-private-key-file={_key(plane.folder)}",
        f"--root-ca-file={plane.certificate}",
        f"--controllers=*,{','.join(f'-{name}' for name in _LEFT_OUT)}",
        "--kube-api-qps=1000",
        "--kube-api-burst=1000",
    )
    account = "/api/v1/namespaces/default/serviceaccounts/default"
    return Part("kube-controller-manager", command, lambda: _takes_requests(plane, account))


def _takes_requests(plane: ControlPlane, path: str = "/readyz") -> bool:
    """Whether there is an answer at a path; the controllers show by what they have made."""
    try:
        trust = ssl.create_default_context(cafile=str(plane.certificate))
    except OSError:  # it is not there yet, or not written to its end
        return False
    token = User(ADMIN).token
    return _answers(plane.url + path, token, trust)


def _answers(url: str, token: str = "", trust: ssl.SSLContext | None = None) -> bool:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=_ASK_SECONDS, context=trust) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def _kubeconfig(folder: Path, user: str) -> Path:
    return folder / f"{user.replace(':', '-')}.kubeconfig"


def _certificate(folder: Path) -> Path:
    return folder / "certificates" / "apiserver.crt"


def _key(folder: Path) -> Path:
    return folder / "accounts.key"
