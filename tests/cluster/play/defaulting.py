"""Scenarios in which the control plane begins to default one more field of pod templates.

It adds the field with every write, ours as well, and then somebody touches the Deployments.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.cluster.play.policy import UNDER_IT, has_field
from tests.cluster.play.scene import Scene

_IN_FORCE_SECONDS = 30.0
_SWEEPS = 9.0  # seconds in which two come


def in_initialized(scene: Scene) -> None:
    """At rest, then in a whole run."""
    scene.bring()
    scene.until_initialized()
    _default(scene)
    _touch(scene)
    scene.sleep(_SWEEPS)
    scene.set_image("2.0.0")
    scene.until_over()
    _touch(scene)
    scene.sleep(_SWEEPS)


def in_succeeded(scene: Scene) -> None:
    """After a promotion."""
    scene.bring()
    scene.until_initialized()
    scene.set_image("2.0.0")
    scene.until_over()
    _default(scene)
    _touch(scene)
    scene.sleep(_SWEEPS)


def in_failed(scene: Scene) -> None:
    """After a rollback: what failed is not tried again."""
    scene.bring()
    scene.until_initialized()
    scene.set_image("2.0.0-bad")
    scene.until_over()
    _default(scene)
    _touch(scene)
    scene.sleep(_SWEEPS)


def in_mid_run(scene: Scene) -> None:
    """Under a run, and somebody touches the Deployments for as long as it lasts, and longer."""
    scene.bring()
    scene.until_initialized()
    scene.set_image("2.0.0")
    scene.until_weight(20)
    _default(scene)
    with _touching(scene):
        scene.until_over()
        scene.sleep(_SWEEPS)


def under_a_return(scene: Scene) -> None:
    """Back to the promoted version: with the field, now."""
    scene.bring()
    scene.until_initialized()
    scene.set_image("2.0.0")
    scene.until_weight(20)
    _default(scene)
    scene.set_image("1.0.0")
    scene.until_over()


SCENARIOS: dict[str, Callable[[Scene], None]] = {
    "defaulted-initialized": in_initialized,
    "defaulted-succeeded": in_succeeded,
    "defaulted-failed": in_failed,
    "defaulted-mid-run": in_mid_run,
    "defaulted-return": under_a_return,
}


def _default(scene: Scene) -> None:
    """From now on this namespace is under the policy."""
    scene.stage.kube.patch(
        f"/api/v1/namespaces/{scene.namespace}", {"metadata": {"labels": UNDER_IT}}
    )
    ends = time.monotonic() + _IN_FORCE_SECONDS
    probe = f"{scene.deployment('app-primary')}?dryRun=All"
    while not has_field(scene.stage.kube.patch(probe, {"metadata": {"annotations": {"a": "b"}}})):
        if time.monotonic() > ends:
            raise TimeoutError(f"{scene.namespace}: the policy is not in force")
        time.sleep(0.1)


def _touch(scene: Scene, number: int = 0) -> None:
    """Somebody annotates target and primary, which writes the field into their templates."""
    for name in ("app", "app-primary"):
        change = {"metadata": {"annotations": {"spillway.test/touched": str(number)}}}
        scene.stage.kube.patch(scene.deployment(name), change)


@contextmanager
def _touching(scene: Scene) -> Iterator[None]:
    over = threading.Event()

    def touch() -> None:
        number = 0
        while not over.wait(5.0):
            number += 1
            _touch(scene, number)

    thread = threading.Thread(target=touch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
