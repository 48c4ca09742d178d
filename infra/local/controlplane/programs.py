"""Programs that Python has no wheels of: found where the ecosystem puts them, else built with Go.

`KUBEBUILDER_ASSETS` names a folder of binaries, as setup-envtest prints it. What it lacks is built
from published Go modules at the versions of tests/cluster/go, once, into the user's cache folder:
a program is known there by its modules' checksums, so that a changed version is another program.
"""

import hashlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.alone import alone
from infra.local.processes import Failed

MODULES = Path(__file__).parents[3] / "tests" / "cluster" / "go"
ASSETS = "KUBEBUILDER_ASSETS"
_GO = (1, 26)
_SHOWN_SECONDS = 10.0  # between two lines about a build
_QUOTED = 20  # lines of a build that failed
_WITHOUT_SYMBOLS = ("-gcflags", "all=-dwarf=false")  # they would be made, and thrown away by -s -w
_KUBERNETES = "v1.37.2"
_STAMP = "k8s.io/component-base/version.git"
_STAMPS = {"Version": _KUBERNETES, "Major": "1", "Minor": "37"}  # else clients that check refuse

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Program:
    """A program: its name, the folder of the module that pins it, its package, what is linked in.

    The package is a path of a published module, or `.` for one that stands in the folder itself.
    """

    name: str
    module: str
    package: str
    stamps: tuple[tuple[str, str], ...] = ()


_VERSION = tuple((f"{_STAMP}{name}", value) for name, value in _STAMPS.items())
ETCD = Program("etcd", "etcd", "go.etcd.io/etcd/server/v3")
APISERVER = Program(
    "kube-apiserver", "kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver", _VERSION
)
CONTROLLERS = Program(
    "kube-controller-manager",
    "kubernetes",
    "k8s.io/kubernetes/cmd/kube-controller-manager",
    _VERSION,
)
ISTIOD = Program("pilot-discovery", "kubernetes", "istio.io/istio/pilot/cmd/pilot-discovery")
PING_SOURCES = Program("mtping", "knative", "knative.dev/eventing/cmd/mtping")
BROKER_FILTER = Program("broker-filter", "knative", "knative.dev/eventing/cmd/broker/filter")
OBJECT_SOURCES = Program(
    "apiserver_receive_adapter", "knative", "knative.dev/eventing/cmd/apiserver_receive_adapter"
)
KNATIVE_ADMISSION = Program("knative-admission", "knative", ".")
STATE_METRICS = Program("kube-state-metrics", "kubernetes", "k8s.io/kube-state-metrics/v2")
PUBSUB = Program("pubsub", "pubsub", ".")
GOOGLE_PROVIDER = Program(
    "terraform-provider-google", "terraform", "github.com/hashicorp/terraform-provider-google"
)
ARGO = Program(
    "rollouts-controller", "argo", "github.com/argoproj/argo-rollouts/cmd/rollouts-controller"
)

# What a control plane and the tests of it need.
ALL = (
    ETCD,
    APISERVER,
    CONTROLLERS,
    ISTIOD,
    PING_SOURCES,
    BROKER_FILTER,
    OBJECT_SOURCES,
    KNATIVE_ADMISSION,
    STATE_METRICS,
    PUBSUB,
)


def found(program: Program, say: Say = print, environ: Mapping[str, str] = os.environ) -> Path:
    """The program, built first where there is none; Failed where it cannot be had."""
    given = Path(environ.get(ASSETS) or "/nowhere") / program.name
    if given.is_file():
        return given
    built = _cached(program, environ)
    if not built.exists():
        with alone(built.parent):  # a build uses every processor
            if not built.exists():
                _build(program, built, say)
    return built


def _cached(program: Program, environ: Mapping[str, str]) -> Path:
    """Where a program of exactly these sources is kept."""
    folder = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "spillway"
    sources = sorted((MODULES / program.module).glob("*.*"))
    content = b"".join(source.read_bytes() for source in sources) + repr(program).encode()
    return folder / f"{program.name}-{hashlib.sha256(content).hexdigest()[:12]}"


def _build(program: Program, built: Path, say: Say) -> None:
    """Appears whole or not at all."""
    draft = built.with_suffix(".draft")
    values = " ".join(f"-X {name}={value}" for name, value in program.stamps)
    command = [
        _go(program), "build", "-v", "-trimpath", *_WITHOUT_SYMBOLS, "-ldflags", f"-s -w {values}",
        "-o", str(draft), program.package,
    ]  # fmt: skip
    say(f"{program.name}: built from its Go modules, once; it is kept as {built}")
    environ = {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-buildvcs=false",
    }
    began, last = time.monotonic(), [""] * _QUOTED
    with subprocess.Popen(
        command,
        cwd=MODULES / program.module,
        env=environ,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for line in _shown(process, program, say):
            last = [*last[1:], line.rstrip()]
    if process.returncode:
        raise Failed(f"{program.name} cannot be built:\n" + "\n".join(filter(None, last)))
    draft.replace(built)
    say(f"{program.name}: built in {time.monotonic() - began:.0f} s")


def _shown(process: subprocess.Popen[str], program: Program, say: Say) -> Iterator[str]:
    """What a build says, a line for each module or package; of these a count now and then."""
    began = told = time.monotonic()
    for number, line in enumerate(process.stderr or (), start=1):
        yield line
        if time.monotonic() - told > _SHOWN_SECONDS:
            told = time.monotonic()
            say(f"{program.name}: {number} packages, {told - began:.0f} s")


def _go(program: Program) -> str:
    """Go, where it is new enough."""
    go = shutil.which("go")
    said = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True) if go else None
    version = re.match(r"go(\d+)\.(\d+)", said.stdout) if said else None
    if go and version and tuple(map(int, version.groups())) >= _GO:
        return go
    wanted = ".".join(map(str, _GO))
    raise Failed(
        f"{program.name} is missing. Either install Go {wanted} or newer (https://go.dev/dl): it "
        f"is then built once. Or set {ASSETS} to a folder that has it: for etcd and kube-apiserver "
        f"`setup-envtest use -p path` prints one."
    )
