"""Promotions that are not carried out, and what is left untouched by them."""

import pytest

from shared.adapters import paths
from shared.domain.errors import Refused
from shared.domain.fields import Object, at, mapping
from tests.reconcile import watcher
from tests.reconcile.outside import Life
from tests.reconcile.stories import Story, a_promotion, beginning
from tests.reconcile.world import Tick, deliver

_SCALER: Object = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "cart-scaler", "namespace": "shop"},
    "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"}},
}


def told(world):
    pages = world.cluster.pages(paths.events("shop"))
    return [item["message"] for page in pages for item in page if item["type"] == "Warning"]


def test_a_promotion_of_a_canary_that_something_in_the_cluster_stands_in_the_way_of_is_refused():
    world = beginning(Story((), from_nothing=True))
    world.cluster.create(paths.autoscalers("shop"), _SCALER)
    deliver(world, Tick(sweep=True), Life())
    refusal = at(world.status, "spillway", "refusal")

    with pytest.raises(Refused, match=r"cart is not run: spec\.autoscalerRef: .* cart-scaler"):
        deliver(world, a_promotion(world, "cart:2"), Life())

    assert "cart-scaler scales cart" in str(refusal)
    assert watcher.image_of(world.cluster.read(world.names.target)) == "cart:1"
    assert not mapping(world.status, "spillway", "lastPromotion")
    assert f"promotion of cart: cart is not run: {refusal}" in told(world)
