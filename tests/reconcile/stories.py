"""The rollouts that are stopped and raced: what people do, and when."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from shared.adapters import paths
from shared.domain.events import RollbackWish
from shared.domain.fields import Json, Object
from shared.domain.promotion import Promotion
from tests.reconcile.memory import Memory
from tests.reconcile.tasks import Tasks
from tests.reconcile.watcher import Names, shares_of
from tests.reconcile.world import START, Turn, World, go_on


@dataclass(frozen=True, slots=True)
class Story:
    """A rollout of `cart`, which runs `cart:1` with two replicas until something happens."""

    turns: tuple[Turn, ...]
    spec: Object = field(default_factory=dict)
    analysis: Object = field(default_factory=dict)
    from_nothing: bool = False


def kubectl_set_image(image: str) -> Callable[[World], None]:
    """What an environment's own pipeline does."""

    def act(world: World) -> None:
        path = "/spec/template/spec/containers/0/image"
        world.cluster.patch(world.names.target, [{"op": "replace", "path": path, "value": image}])

    return act


def kubectl_edit_route(world: World) -> None:
    """Somebody gives the canary half of the traffic."""
    cluster, route = world.cluster, world.names.route
    shares = [(f"{world.names.name}-primary", 50), (f"{world.names.name}-canary", 50)]
    assert [host for host, _ in shares_of(cluster.read(route))] == [host for host, _ in shares]
    operations: list[Object] = [
        {"op": "replace", "path": f"/spec/http/0/route/{number}/weight", "value": weight}
        for number, (_, weight) in enumerate(shares)
    ]
    cluster.patch(route, operations)


def wish_back(world: World) -> None:
    """Somebody wants the run of this moment to end."""
    world.queue += (a_wish(world),)


def a_wish(world: World) -> RollbackWish:
    names = world.names
    return RollbackWish(names.namespace, names.name, None, "it smells", "alice", time=world.now)


def promote_image(image: str, *, times: int = 1) -> Callable[[World], None]:
    """A pipeline sends a promotion; the bus may deliver it more than once."""

    def act(world: World) -> None:
        world.queue += (a_promotion(world, image),) * times

    return act


def a_promotion(world: World, image: str) -> Promotion:
    """That of a later version is later; sent twice, it is the same."""
    return Promotion(
        id=f"run-{image}",
        time=START + timedelta(seconds=int(image[-1])),
        app=world.names.name,
        version=image.partition(":")[2],
        environment="production",
        namespace=world.names.namespace,
        image=image,
        repository=None,
        commit=None,
        pull_request=None,
    )


_RELEASE = Turn("Initialized", 0, kubectl_set_image("cart:2"))
_AND_BACK: Object = {"stepWeightPromotion": 25}

STORIES: dict[str, Story] = {
    "good": Story((_RELEASE,)),
    "bad": Story((Turn("Initialized", 0, kubectl_set_image("cart:2-bad")),)),
    "superseded": Story((_RELEASE, Turn("Progressing", 25, kubectl_set_image("cart:3")))),
    "reverted": Story((_RELEASE, Turn("Progressing", 25, kubectl_set_image("cart:1")))),
    "wish in Progressing": Story((_RELEASE, Turn("Progressing", 25, wish_back))),
    "wish in Promoting": Story((_RELEASE, Turn("Promoting", 25, wish_back)), analysis=_AND_BACK),
    "wish in Finalising": Story((_RELEASE, Turn("Finalising", 0, wish_back))),
    "superseded in Promoting": Story(
        (_RELEASE, Turn("Promoting", 50, kubectl_set_image("cart:3"))), analysis=_AND_BACK
    ),
    "edited in Finalising": Story((_RELEASE, Turn("Finalising", 0, kubectl_edit_route))),
    "skipped": Story((_RELEASE,), spec={"skipAnalysis": True}),
    "never ready": Story(
        (Turn("Initialized", 0, kubectl_set_image("cart:2-never")),),
        spec={"progressDeadlineSeconds": 340},
    ),
    "promoted twice": Story((Turn("Initialized", 0, promote_image("cart:2", times=2)),)),
    "promotions cross": Story(
        (
            Turn("Initialized", 0, promote_image("cart:2")),
            Turn("Progressing", 25, promote_image("cart:3")),
        )
    ),
    "promotion out of date": Story(
        (
            Turn("Initialized", 0, promote_image("cart:2")),
            Turn("Progressing", 25, promote_image("cart:3")),
            Turn("Succeeded", 0, promote_image("cart:2")),
        )
    ),
    "again": Story((_RELEASE, Turn("Succeeded", 0, kubectl_set_image("cart:3-bad")))),
    "from nothing": Story((_RELEASE,), from_nothing=True),
}


def beginning(story: Story, tasks: Tasks | None = None) -> World:
    """The world as the story finds it, in memory: the canary initialised, or just applied."""
    return begun(story, World(Memory(), Names(), tasks=tasks))


def begun(story: Story, world: World) -> World:
    """The same on any API server that has the namespace."""
    cluster, names = world.cluster, world.names
    cluster.create(paths.deployments(names.namespace), _deployment(names))
    cluster.create(paths.canaries(names.namespace), _canary(names, story))
    if not story.from_nothing:
        go_on(world)
        world.published.clear()
    world.story = story.turns
    return world


def _deployment(names: Names) -> Object:
    labels: Json = {"app": names.name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": names.name, "namespace": names.namespace},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": _pods(names.name)},
        },
    }


def _pods(name: str) -> Object:
    """Whole, with all that a server would fill in: else its revision were another one there."""
    container: Json = {
        "name": name,
        "image": "cart:1",
        "imagePullPolicy": "IfNotPresent",
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }
    return {
        "containers": [container],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
    }


def _canary(names: Names, story: Story) -> Object:
    metric: Json = {
        "name": "request-success-rate",
        "interval": "1m",
        "thresholdRange": {"min": 99},
    }
    return {
        "apiVersion": "flagger.app/v1beta1",
        "kind": "Canary",
        "metadata": {"name": names.name, "namespace": names.namespace},
        "spec": {
            "provider": "istio",
            "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": names.name},
            "progressDeadlineSeconds": 900,
            "service": {"port": 80},
            "analysis": {
                "interval": "15s",
                "threshold": 2,
                "stepWeight": 25,
                "maxWeight": 50,
                "metrics": [metric],
                **story.analysis,
            },
            **story.spec,
        },
    }
