"""What happens in each scenario: what people do, and when. What has to come of it is the tests'."""

from collections.abc import Callable

from tests.cluster.play.scene import Scene


def good(scene: Scene) -> None:
    """A pipeline promotes a version that is good."""
    scene.bring()
    scene.until_initialized()
    scene.promote("2.0.0")
    scene.until_over()


def bad(scene: Scene) -> None:
    """A version that answers 500 to every second request."""
    scene.bring()
    scene.until_initialized()
    scene.set_image("2.0.0-bad")
    scene.until_over()


def superseded(scene: Scene) -> None:
    """The next version comes while the last one is analysed."""
    scene.bring()
    scene.until_initialized()
    scene.promote("2.0.0")
    scene.until_weight(20)
    scene.promote("3.0.0")
    scene.until_weight(0)
    scene.until_over()


def reverted(scene: Scene) -> None:
    """The target goes back to what is promoted, in mid-run."""
    scene.bring()
    scene.until_initialized()
    scene.set_image("2.0.0")
    scene.until_weight(20)
    scene.set_image("1.0.0")
    scene.until_over()


def never_ready(scene: Scene) -> None:
    """Pods that do not become ready."""
    scene.bring(progressDeadlineSeconds=8)
    scene.until_initialized()
    scene.set_image("2.0.0-never")
    scene.until_over()


def suspended(scene: Scene) -> None:
    """Somebody suspends a run, for longer than an interval, and lets it go on."""
    scene.bring()
    scene.until_initialized()
    scene.set_image("2.0.0")
    scene.until_weight(20)
    scene.edit(suspend=True)
    scene.sleep(9)
    scene.edit(suspend=False)
    scene.until_over()


def skipped(scene: Scene) -> None:
    """A Canary that wants no analysis."""
    scene.bring(skipAnalysis=True)
    scene.until_initialized()
    scene.set_image("2.0.0")
    scene.until_over()


def spec_edited(scene: Scene) -> None:
    """Another plan, in mid-run."""
    scene.bring()
    scene.until_initialized()
    scene.set_image("2.0.0")
    scene.until_weight(20)
    scene.edit(analysis={"stepWeight": 30, "maxWeight": 60})
    scene.until_over()


def spec_refused(scene: Scene) -> None:
    """A field that Spillway does not carry out, in mid-run."""
    scene.bring()
    scene.until_initialized()
    scene.set_image("2.0.0")
    scene.until_weight(20)
    scene.edit(analysis={"webhooks": [{"name": "load", "url": "http://tester"}]})
    scene.until_over()


def target_edited(scene: Scene) -> None:
    """Replicas and a label of the target, in mid-run: no new revision."""
    scene.bring()
    scene.until_initialized()
    scene.set_image("2.0.0")
    scene.until_weight(20)
    change = {"metadata": {"labels": {"team": "shop"}}, "spec": {"replicas": 3}}
    scene.stage.kube.patch(scene.deployment(), change)
    scene.until_over()


def metrics_down(scene: Scene) -> None:
    """The metrics server is stopped in mid-run, for two checks and more, and comes back."""
    metrics = scene.stage.flickering
    rate = {"name": "request-success-rate", "thresholdRange": {"min": 99}, "interval": "60s"}
    analysis = {"interval": "6s", "metrics": [rate], "inconclusiveLimit": 20}
    scene.bring(metricsServer=metrics.url, analysis=analysis)
    scene.until_initialized()
    scene.set_image("2.0.0")
    scene.until_weight(20)
    scene.sleep(3)  # what it knows by then it still knows when it is back
    metrics.stop()
    scene.until(lambda s: s.inconclusive >= 2)
    metrics.start()
    scene.until_over()


def withdrawn(scene: Scene) -> None:
    """Somebody wants the run to go back."""
    scene.bring()
    scene.until_initialized()
    scene.promote("2.0.0")
    scene.until_weight(20)
    scene.wish_back("orders are missing")
    scene.until_over()


def repaired(scene: Scene) -> None:
    """Somebody meddles with what Spillway made: the route in mid-run, the rest before it."""
    kube, ns = scene.stage.kube, scene.namespace
    scene.bring()
    scene.until_initialized()
    rule = f"/apis/networking.istio.io/v1beta1/namespaces/{ns}/destinationrules/app-canary"
    kube.patch(rule, {"spec": {"host": "elsewhere"}})
    service = f"/api/v1/namespaces/{ns}/services/app-canary"
    kube.patch(service, {"spec": {"selector": {"app": "elsewhere"}}})
    scene.set_image("2.0.0")
    scene.until_weight(20)
    route = f"/apis/networking.istio.io/v1beta1/namespaces/{ns}/virtualservices/app"
    kube.patch(route, {"spec": {"hosts": ["elsewhere"]}})
    scene.until_over()


def crowd(scene: Scene) -> None:
    """More canaries in one namespace than are read one by one."""
    for number in range(9):
        scene.bring(name=f"app-{number}", skipAnalysis=True)
    scene.bring(skipAnalysis=True)
    scene.until_initialized()


def successor(scene: Scene) -> None:
    """The Canary is made again, while a snapshot of its predecessor's is held back."""
    kube, api = scene.stage.kube, f"/apis/apps/v1/namespaces/{scene.namespace}"
    scene.bring()
    scene.until_initialized()
    (kept,) = kube.list(f"{api}/controllerrevisions", "spillway.dev/canary=app")[0]
    snapshot = f"{api}/controllerrevisions/{kept['metadata']['name']}"
    kube.patch(snapshot, {"metadata": {"finalizers": ["spillway.test/held"]}})
    kube.delete(scene.canary)
    scene.until_gone(scene.deployment("app-primary"))
    scene.bring_canary()
    scene.until_asked(lambda s: s.phase == "Initializing" and s.routed and not s.settled)
    scene.sleep(4)  # a beat or two, in which it is tried
    kube.patch(snapshot, {"metadata": {"finalizers": None}})
    scene.until_initialized()


SCENARIOS: dict[str, Callable[[Scene], None]] = {
    "good": good,
    "bad": bad,
    "superseded": superseded,
    "reverted": reverted,
    "never-ready": never_ready,
    "suspended": suspended,
    "skipped": skipped,
    "spec-edited": spec_edited,
    "spec-refused": spec_refused,
    "target-edited": target_edited,
    "metrics-down": metrics_down,
    "withdrawn": withdrawn,
    "repaired": repaired,
    "crowd": crowd,
    "successor": successor,
}
