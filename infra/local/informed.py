"""Collections that are followed side by side, for as long as a block lasts."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from infra.local.kube import Informed, Kube, informer

See = Callable[[Informed], None]


@contextmanager
def informed(kube: Kube, followed: Mapping[str, See]) -> Iterator[None]:
    """Tells of every change of these collections, by path, each in a thread of its own; once the
    block is left nothing more is told.
    """
    stop = threading.Event()
    threads = [
        threading.Thread(target=informer, args=(kube, path, see, stop), daemon=True)
        for path, see in followed.items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
