"""The outside of one process: every call it makes can be counted, held up, or be its last."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from shared.domain.analysis import Answer, Question, Value
from shared.domain.errors import Conflict, Refused, Unavailable
from shared.domain.events import Event
from shared.domain.fields import Object, whole
from tests.reconcile import watcher

if TYPE_CHECKING:
    from tests.reconcile.world import World

T = TypeVar("T")


class Stopped(BaseException):
    """The process is no more. Nothing of the product catches this."""


class When(StrEnum):
    """Where in an outside call a process is stopped."""

    BEFORE = "before it takes effect"
    AFTER = "after it took effect, before the answer came"


@dataclass(frozen=True, slots=True)
class Call:
    """One call, and what came of it: `refused` where its precondition failed."""

    name: str
    is_write: bool = False
    refused: bool = False


def _nothing(index: int, when: When) -> None:
    """Lets the call be."""


@dataclass(slots=True)
class Life:
    """One life of the process. `hook` is told of each call, before and after, and may end it."""

    hook: Callable[[int, When], None] = _nothing
    calls: list[Call] = field(default_factory=list)
    is_over: bool = False
    decision: int = 0  # the last that this life saved

    def call(self, name: str, act: Callable[[], T], *, is_write: bool = False) -> T:
        if self.is_over:
            raise Stopped
        index = len(self.calls)
        self.calls.append(Call(name, is_write))
        self._tell(index, When.BEFORE)
        try:
            answer = act()
        except (Conflict, Refused, Unavailable):
            self.calls[index] = Call(name, is_write, refused=True)
            self._tell(index, When.AFTER)
            raise
        self._tell(index, When.AFTER)
        return answer

    def _tell(self, index: int, when: When) -> None:
        try:
            self.hook(index, when)
        except Stopped:
            self.is_over = True
            raise


def stopped_at(index: int, when: When) -> Life:
    """A life that ends at that call."""

    def hook(reached: int, moment: When) -> None:
        if (reached, moment) == (index, when):
            raise Stopped

    return Life(hook)


def failing_at(index: int, when: When) -> Life:
    """A life in which one call fails: a request, or its answer, is lost on the way."""

    def hook(reached: int, moment: When) -> None:
        if (reached, moment) == (index, when):
            raise Unavailable("it did not answer")

    return Life(hook)


@dataclass(frozen=True, slots=True)
class Outside:
    """The API server, the bus and the metrics, as one life of the process has them."""

    world: "World"
    life: Life

    def read(self, path: str) -> Object | None:
        return self._call("read", path, lambda: self.world.cluster.read(path))

    def pages(self, path: str, *, selector: str = "") -> Iterator[tuple[Object, ...]]:
        pages = self.world.cluster.pages(path, selector=selector)
        yield from self._each("list", path, pages)

    def metadata_pages(self, path: str, *, selector: str = "") -> Iterator[tuple[Object, ...]]:
        pages = self.world.cluster.metadata_pages(path, selector=selector)
        yield from self._each("list metadata", path, pages)

    def create(self, path: str, body: Object) -> Object:
        return self._write("create", path, lambda: self.world.cluster.create(path, body), body)

    def replace(self, path: str, body: Object) -> Object:
        return self._write("replace", path, lambda: self.world.cluster.replace(path, body))

    def patch(self, path: str, operations: Sequence[Object]) -> Object:
        return self._write("patch", path, lambda: self.world.cluster.patch(path, operations))

    def rehearse(self, path: str, operations: Sequence[Object]) -> Object:
        return self._call("rehearse", path, lambda: self.world.cluster.rehearse(path, operations))

    def merge(self, path: str, body: Object) -> Object:
        return self._write("merge", path, lambda: self.world.cluster.merge(path, body))

    def delete(self, path: str, *, resource_version: str = "") -> None:
        def act() -> Object:
            self.world.cluster.delete(path, resource_version=resource_version)
            return {}

        self._write("delete", path, act)

    def publish(self, event: Event) -> None:
        self._call("publish", event.type, lambda: self.world.published.append(event))

    def gather(
        self, questions: Sequence[Question], *, deadline: float, pool: Executor
    ) -> dict[Question, Answer]:
        return self._call("gather", "", lambda: dict.fromkeys(questions, self._measured()))

    def _measured(self) -> Answer:
        image = watcher.image_of(self.world.cluster.read(self.world.names.target))
        return Value(50.0 if "bad" in image else 100.0)

    def _call(self, verb: str, path: str, act: Callable[[], T], *, is_write: bool = False) -> T:
        self.world.age()
        return self.life.call(f"{verb} {path}", act, is_write=is_write)

    def _each(
        self, verb: str, path: str, pages: Iterator[tuple[Object, ...]]
    ) -> Iterator[tuple[Object, ...]]:
        while (page := self._call(verb, path, lambda: next(pages, None))) is not None:
            yield page

    def _write(
        self, verb: str, path: str, write: Callable[[], Object], body: Object | None = None
    ) -> Object:
        where = f"{path}/{body['metadata']['name']}" if body else path  # type: ignore[index,call-overload]  # every body has one

        def act() -> Object:
            before = self.world.cluster.read(where.removesuffix("/status"))
            answer = write()
            self._look(where, before, answer)
            return answer

        return self._call(verb, where, act, is_write=True)

    def _look(self, path: str, before: Object | None, answer: Object) -> None:
        world = self.world
        self._expect_newest(path)
        world.past = watcher.look(world.past, world.cluster, world.names, path, before, world.now)
        if path == f"{world.names.canary}/status":
            self.life.decision = whole(answer, "status", "spillway", "decision")

    def _expect_newest(self, path: str) -> None:
        """Fenced: what a decision has written, none that is older writes."""
        world = self.world
        if path not in (world.names.route, world.names.primary):
            return
        decided = dict(world.past.decided)
        newest = decided.get(path, 0)
        assert self.life.decision >= newest, f"{self.life.decision} writes {path} after {newest}"
        decided[path] = self.life.decision
        world.past = replace(world.past, decided=tuple(decided.items()))
