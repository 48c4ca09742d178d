"""The server as a thread: started on a free port, stopped without a trace."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from infra.local.apiserver.catalogue import Catalogue
from infra.local.apiserver.routes import Routes
from infra.local.apiserver.store import Store
from infra.local.apiserver.trees import Tree
from infra.local.apiserver.verbs import Verbs
from infra.local.apiserver.wire import Listener

_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
_POLL_SECONDS = 0.01  # how long a stop may go unnoticed


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    url: str
    verbs: Verbs
    _listener: Listener
    _thread: threading.Thread

    def install(self, manifests: Iterable[Tree]) -> None:
        """Creates the definitions of custom kinds."""
        crds = self.verbs.catalogue.find("apiextensions.k8s.io", "v1", "customresourcedefinitions")
        for manifest in manifests:
            self.verbs.create(crds, "", manifest)

    def stop(self) -> None:
        """Ends every connection and frees the port."""
        self._listener.shutdown()
        self.verbs.store.close()
        self._listener.hang_up()
        self._listener.server_close()
        self._thread.join()


def start(port: int = 0, *, history: int = 5000) -> Server:
    """Serves on 127.0.0.1; on any free port where none is given.

    History is how many changes of each kind a watch can go back.
    """
    verbs = Verbs(Store(history), Catalogue())
    namespaces = verbs.catalogue.find("", "v1", "namespaces")
    for name in _NAMESPACES:
        verbs.create(namespaces, "", {"metadata": {"name": name}})
    listener = Listener(port, Routes(verbs).answer)
    thread = threading.Thread(
        target=listener.serve_forever, args=(_POLL_SECONDS,), name="apiserver"
    )
    thread.start()
    return Server(f"http://127.0.0.1:{listener.server_address[1]}", verbs, listener, thread)


def manifests(folder: Path) -> list[Tree]:
    """Every object of the YAML files of a folder, in the order of their names."""
    return [
        document
        for path in sorted(folder.glob("*.yaml"))
        for document in yaml.load_all(path.read_text(), Loader=_LOADER)
        if document
    ]


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the fast one, where PyYAML has it
