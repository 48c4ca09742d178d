"""Every variable of the environment that is read: its name, default, and what it means."""

from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from shared.adapters import environment
from shared.adapters.environment import Variable


class BusKind(StrEnum):
    """What events are published on."""

    HTTP = "http"
    PUBSUB = "pubsub"


class ClockKind(StrEnum):
    """What beats while a canary waits for its next tick."""

    PINGSOURCE = "pingsource"
    CLOUD_TASKS = "cloudtasks"
    NONE = "none"


_SECOND = timedelta(seconds=1)

BUS = Variable(
    "SPILLWAY_BUS",
    default="http",
    parse=environment.choice(BusKind),
    meaning="What events are published on: `http` (a sink such as Knative's) or `pubsub`",
)
SINK = Variable(
    "K_SINK",
    default="",
    parse=environment.address,
    meaning="The address that takes events; needed where the bus is `http`",
)
SINK_TOKEN = Variable(
    "SPILLWAY_SINK_TOKEN",
    default="",
    parse=str,
    meaning="A file with the token that this address wants; read for each event; empty: none",
)
TOPIC = Variable(
    "SPILLWAY_TOPIC",
    default="",
    parse=environment.topic,
    meaning="`projects/<project>/topics/<topic>`; needed where the bus is `pubsub`",
)
NAMESPACES = Variable(
    "SPILLWAY_NAMESPACES",
    default="",
    parse=environment.namespaces,
    meaning="The namespaces that are looked at, with commas between them; empty: all",
)
SELECTOR = Variable(
    "SPILLWAY_SELECTOR",
    default="",
    parse=environment.selector,
    meaning="A label selector of the Canaries that are looked at; empty: all",
)
METRICS_SERVER = Variable(
    "SPILLWAY_METRICS_SERVER",
    default="http://prometheus:9090",
    parse=environment.address,
    meaning="The Prometheus that is asked where a Canary names none",
)
CLOCK = Variable(
    "SPILLWAY_CLOCK",
    default="pingsource",
    parse=environment.choice(ClockKind),
    meaning="What beats while a canary waits: `pingsource`, `cloudtasks`, or `none` (sweeps only)",
)
CLOCK_NAMESPACE = Variable(
    "SPILLWAY_CLOCK_NAMESPACE",
    default="spillway",
    parse=environment.namespace,
    meaning="The namespace of the beat; `POD_NAMESPACE` stands in for it",
    instead=("POD_NAMESPACE",),
)
CLOCK_SINK = Variable(
    "SPILLWAY_CLOCK_SINK",
    default="broker/default",
    parse=environment.destination,
    meaning=(
        "Where beats go: `<kind>/<name>` in the beat's namespace, or an address; on `cloudtasks` "
        "the address of analysis_tick"
    ),
)
CLOCK_QUEUE = Variable(
    "SPILLWAY_CLOCK_QUEUE",
    default="",
    parse=environment.queue,
    meaning="`projects/<project>/locations/<location>/queues/<queue>`; needed on `cloudtasks`",
)
CLOCK_ACCOUNT = Variable(
    "SPILLWAY_CLOCK_ACCOUNT",
    default="",
    parse=environment.account,
    meaning="The service account whose token a task shows; needed on `cloudtasks`",
)
CLOCK_ENDPOINT = Variable(
    "SPILLWAY_CLOCK_ENDPOINT",
    default="https://cloudtasks.googleapis.com",
    parse=environment.secure_address,
    meaning="Where Cloud Tasks is: Google's, or a private endpoint",
)
BEAT = Variable(
    "SPILLWAY_BEAT",
    default="5s",
    parse=environment.duration(_SECOND, 60 * _SECOND),
    meaning="The time between two beats, 1s to 60s",
)
PASS_BUDGET = Variable(
    "SPILLWAY_PASS_BUDGET",
    default="20s",
    parse=environment.duration(_SECOND, 600 * _SECOND),
    meaning="The time a pass may take; it stays below the delivery timeout of the bus",
)
POOL = Variable(
    "SPILLWAY_POOL",
    default="8",
    parse=environment.whole(1, 64),
    meaning="How many canaries are decided side by side",
)
KUBECONFIG = Variable(
    "SPILLWAY_KUBECONFIG",
    default="",
    parse=environment.files,
    meaning="A kubeconfig file; `KUBECONFIG` stands in for it; empty: the pod's own account",
    instead=("KUBECONFIG",),
)
CLUSTER_ENDPOINT = Variable(
    "SPILLWAY_CLUSTER_ENDPOINT",
    default="",
    parse=environment.secure_address,
    meaning=(
        "The API server's address where there is no pod's account, as on Cloud Run; the token is "
        "the metadata server's, and no kubeconfig is read"
    ),
)
CLUSTER_CA = Variable(
    "SPILLWAY_CLUSTER_CA",
    default="",
    parse=environment.certificates,
    meaning="The authority of that server's certificate, PEM in base64; empty: the public ones",
)
METADATA_HOST = Variable(
    "GCE_METADATA_HOST",
    default="metadata.google.internal",
    parse=environment.host,
    meaning="Google Cloud's metadata server; asked for a token where one is needed",
)
PUSH_AUDIENCE = Variable(
    "SPILLWAY_PUSH_AUDIENCE",
    default="",
    parse=str,
    meaning=(
        "For whom the token of a push is made; with `SPILLWAY_PUSH_ACCOUNT` every event needs one. "
        "Neither: the platform checks who calls, as Cloud Run does"
    ),
)
PUSH_ACCOUNT = Variable(
    "SPILLWAY_PUSH_ACCOUNT",
    default="",
    parse=environment.account,
    meaning="The service account that pushes; set with `SPILLWAY_PUSH_AUDIENCE`",
)
SECRETS = Variable(
    "SPILLWAY_SECRETS",
    default="/etc/spillway/secrets",
    parse=Path,
    meaning=(
        "The folder of the webhook's secrets, a file each; `<file>.namespaces` beside one "
        "limits it to the namespaces listed, with commas between them"
    ),
)

VARIABLES = (
    BUS,
    SINK,
    SINK_TOKEN,
    TOPIC,
    NAMESPACES,
    SELECTOR,
    METRICS_SERVER,
    CLOCK,
    CLOCK_NAMESPACE,
    CLOCK_SINK,
    CLOCK_QUEUE,
    CLOCK_ACCOUNT,
    CLOCK_ENDPOINT,
    BEAT,
    PASS_BUDGET,
    POOL,
    KUBECONFIG,
    CLUSTER_ENDPOINT,
    CLUSTER_CA,
    METADATA_HOST,
    PUSH_AUDIENCE,
    PUSH_ACCOUNT,
    SECRETS,
)
