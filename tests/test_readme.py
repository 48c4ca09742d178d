"""The README is true: what it shows is the code's, and its commands do what it says."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.adapters import codec
from shared.domain import events
from shared.domain.fields import Json, Object
from tests import readme
from tests.infra import terraform
from tests.readme import ROOT

TEXT = readme.README.read_text()


@pytest.mark.parametrize("page", readme.PAGES, ids=lambda page: page.name)
def test_what_is_written_from_the_code_is_as_the_code_has_it(page: Path):
    text = page.read_text()

    assert readme.written(text) == text, "python -m tests.readme writes it anew"


def test_every_part_that_is_written_has_its_place():
    texts = "".join(page.read_text() for page in readme.PAGES)

    assert [name for name in readme.PARTS if texts.count(f"<!-- {name} -->") != 1] == []


def test_it_can_be_read_in_one_sitting():
    assert len(TEXT.splitlines()) <= 270


@pytest.mark.parametrize("page", readme.PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_changelog_names_every_event():
    changes = (ROOT / "CHANGELOG.md").read_text()
    types = {value for value in vars(events).values() if str(value).startswith("dev.")}

    assert len(types) == 12
    assert [name for name in types if f"`{name}`" not in changes] == []


def test_the_folders_are_those_that_there_are():
    named = re.findall(r"^\| `([^`]+/)` \|", TEXT, re.MULTILINE)

    assert [name for name in named if not (ROOT / name).is_dir()] == []
    assert {name.partition("/")[0] for name in named} == {"functions", "shared", "infra", "tests"}


def test_make_knows_what_the_readme_asks_of_it():
    targets = sorted(set(re.findall(r"(?:^|`)make\s([\w-]+)", TEXT, re.MULTILINE)))
    assert {"demo", "test", "lab"} <= set(targets)

    ran = subprocess.run(["make", "-n", *targets], cwd=ROOT, capture_output=True, text=True)

    assert ran.returncode == 0, ran.stderr
    assert "-m infra.local.playground" in ran.stdout


@pytest.mark.lab
@pytest.mark.timeout(120)
def test_beside_a_running_lab_a_promotion_is_sent_and_the_state_is_read(tmp_path: Path):
    (tmp_path / ".venv").symlink_to(sys.prefix)

    with a_lab(tmp_path):
        sent = shell(tmp_path, readme.commands("Send a promotion"))
        until(lambda: "Halt" in told(tmp_path) or "Advance" in told(tmp_path))
        read = shell(tmp_path, readme.commands("Read the state"))
        explained = shell(tmp_path, USE + "kubectl explain canary.spec.analysis")

    assert "HTTP/1.1 202 " in sent
    assert "NEXTTICK" in read
    assert re.search(r"jx-production-croc-hunter-jenkinsx +Progressing +\d+", read)
    assert "Advance jx-production-croc-hunter-jenkinsx.jx-production canary weight" in read
    assert '"lastPromotion":{"done":true,"id":"run-' in read
    assert "Percent of the traffic that each step adds." in explained


def test_a_wish_to_go_back_is_sent_as_it_is_read(tmp_path: Path):
    said = shell(tmp_path, SAID + readme.commands("Go back"))

    over_http = codec.decode(
        dict(re.findall(r"^(ce-\w+): (.*)$", said, re.MULTILINE)),
        re.findall(r"^\{.*\}$", said, re.MULTILINE)[0].encode(),
    )
    over_pubsub = codec.decode(
        dict(re.findall(r"[=,](ce-\w+)=([^,\n]*)", said)),
        re.findall(r"^--message=(.*)$", said, re.MULTILINE)[0].encode(),
    )

    assert over_http.type == over_pubsub.type == events.ROLLBACK_REQUESTED
    assert over_http.data == over_pubsub.data
    assert events.rollback_wish(over_http).canary == "cart"
    assert None not in (over_http.time, over_pubsub.time)


def test_a_wish_to_go_back_goes_where_the_functions_publish():
    settings = (ROOT / "infra" / "base" / "settings.env").read_text()
    (address,) = re.findall(r"http\S+", readme.commands("Go back"))

    assert f"\nK_SINK={address}\n" in settings
    assert terraform.resources("google_pubsub_topic")["events"]["name"] in readme.commands(
        "Go back"
    )


def test_before_a_move_the_canaries_that_would_be_refused_are_named(tmp_path: Path):
    page = (ROOT / "docs" / "moving-from-flagger.md").read_text()
    (check,) = re.findall(
        r"^```sh\n(kubectl .* \| python3 .*?)^```$", page, re.MULTILINE | re.DOTALL
    )
    listed = tmp_path / "canaries.json"
    listed.write_text(json.dumps({"items": [asking(), asking(webhooks=[{"name": "load"}])]}))

    given = f'kubectl() {{ cat {listed}; }}\npython3() {{ {sys.executable} "$@"; }}\n'

    assert shell(ROOT, given + check) == "shop webhooks spec.analysis.webhooks: not supported\n"


def asking(**more: Json) -> Object:
    """A Canary, named by what it asks for beside what is there."""
    return {
        "metadata": {"namespace": "shop", "name": " ".join(more) or "plain"},
        "spec": {
            "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"},
            "service": {"port": 80},
            "analysis": {"stepWeight": 10, **more},
        },
    }


SAID = """
curl() { printf '%s\\n' "$@"; }
gcloud() { printf '%s\\n' "$@"; }
"""
USE = "export KUBECONFIG=$PWD/.lab/kubeconfig PATH=$PWD/.venv/bin:$PATH\n"


def told(folder: Path) -> str:
    """The Events so far."""
    return shell(folder, USE + "kubectl -n jx-production get events")


def shell(folder: Path, commands: str) -> str:
    """What commands print in a plain shell; they must not fail."""
    ran = subprocess.run(
        ["sh", "-eu", "-c", commands],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@contextmanager
def a_lab(folder: Path) -> Iterator[None]:
    """What `make lab` runs, in a folder of its own."""
    screen = folder / "screen"
    with screen.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.playground"],
            cwd=folder,
            stdout=out,
            stderr=out,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    try:
        until(lambda: "Ctrl-C stops everything" in screen.read_text())
        yield
    finally:
        process.terminate()
        process.wait(30)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)
