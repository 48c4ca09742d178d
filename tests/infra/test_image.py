"""The image: what it copies is enough for each of the functions, and skaffold builds it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "infra" / "Dockerfile"
LINES = DOCKERFILE.read_text().splitlines()
FUNCTIONS = sorted(main.parent.name for main in ROOT.glob("functions/*/main.py"))


def test_skaffold_builds_it():
    (artifact,) = yaml.safe_load((ROOT / "skaffold.yaml").read_text())["build"]["artifacts"]

    assert ROOT / artifact["docker"]["dockerfile"] == DOCKERFILE


def test_it_does_not_run_as_root_and_its_server_is_the_first_process():
    assert "USER 65532:65532" in LINES
    assert LINES[-1] == 'CMD ["functions-framework"]'


@pytest.mark.loopback
@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_starts_from_what_is_copied(tmp_path: Path, function: str):
    copy_as_the_image_does(tmp_path)
    environ = {
        "PYTHONPATH": str(tmp_path),
        "FUNCTION_TARGET": function,
        "FUNCTION_SOURCE": str(tmp_path / "functions" / function / "main.py"),
        "K_SINK": "http://127.0.0.1:9/",
    }
    program = (
        "import functions_framework;"
        "print(functions_framework.create_app().test_client().get('/').status)"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (ran.stdout, ran.stderr) == ("204 NO CONTENT\n", "")


def copy_as_the_image_does(folder: Path) -> None:
    for source, target in re.findall(r"^COPY (\S+) (\S+)$", DOCKERFILE.read_text(), re.MULTILINE):
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, folder / target)
        else:
            shutil.copy(ROOT / source, folder / target)
