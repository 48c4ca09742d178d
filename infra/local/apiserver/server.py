"""The server as a thread: started on a free port, stopped without a trace."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

from infra.local.apiserver import crds, journal
from infra.local.apiserver.catalogue import Catalogue
from infra.local.apiserver.journal import Journal
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
        """Brings the definitions of custom kinds; one that is there is brought up to date."""
        group, plural = crds.KEY
        kind = self.verbs.catalogue.find(group, "v1", plural)
        for manifest in manifests:
            key = "", manifest["metadata"]["name"]
            if self.verbs.store.get(kind.key, key) is None:
                self.verbs.create(kind, "", manifest)
            else:
                self.verbs.change(kind, key, partial(_with_spec, manifest["spec"]))

    def stop(self) -> None:
        """Ends every connection and frees the port."""
        self._listener.shutdown()
        self.verbs.store.close()
        self._listener.hang_up()
        self._listener.server_close()
        self._thread.join()


def start(port: int = 0, *, history: int = 5000, memory: Path | None = None) -> Server:
    """Serves on 127.0.0.1; on any free port where none is given.

    History is how many changes of each kind a watch can go back. Memory is a file in which the
    objects survive; without one they end with the server.
    """
    verbs = Verbs(Store(history, Journal(memory) if memory else None), Catalogue())
    if memory:
        remembered = journal.read(memory)
        verbs.store.restore(remembered)
        for kind, obj in remembered.objects:
            if kind == crds.KEY:
                crds.serve(verbs.catalogue, obj)
    namespaces = verbs.catalogue.find("", "v1", "namespaces")
    for name in _NAMESPACES:
        if verbs.store.get(namespaces.key, ("", name)) is None:
            verbs.create(namespaces, "", {"metadata": {"name": name}})
    listener = Listener(port, Routes(verbs).answer)
    thread = threading.Thread(
        target=listener.serve_forever, args=(_POLL_SECONDS,), name="apiserver"
    )
    thread.start()
    return Server(f"http://127.0.0.1:{listener.server_address[1]}", verbs, listener, thread)


def _with_spec(spec: Tree, live: Tree) -> Tree:
    return {**live, "spec": spec}


def manifests(folder: Path) -> list[Tree]:
    """Every object of the YAML files of a folder, in the order of their names."""
    return [
        document
        for path in sorted(folder.glob("*.yaml"))
        for document in yaml.load_all(path.read_text(), Loader=_LOADER)
        if document
    ]


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the fast one, where PyYAML has it
