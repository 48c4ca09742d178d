"""Which canaries the passes of this process are at: ticks come faster than large passes end."""

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from shared.domain.subject import Key


class Hands:
    """Spares what the fences of two passes over one canary would cost. Nothing rests on it: another
    process knows nothing of it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: set[Key] = set()

    def free(self, keys: Collection[Key]) -> frozenset[Key]:
        """Those that no pass is at."""
        with self._lock:
            return frozenset(keys) - self._held

    @contextmanager
    def holding(self, keys: Collection[Key]) -> Iterator[frozenset[Key]]:
        """Those that no other pass is at, which are this one's until the block is left."""
        with self._lock:
            taken = frozenset(keys) - self._held
            self._held |= taken
        try:
            yield taken
        finally:
            with self._lock:
                self._held -= taken
