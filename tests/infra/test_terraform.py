"""infra/cloudrun in the hands of Terraform and of Google's own provider; nothing reaches Google.

The provider is built from its Go module first: make test-terraform.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.controlplane import programs
from tests.infra.terraform import FOLDER

pytestmark = [pytest.mark.terraform]

_PLANS = Path(__file__).with_name("cloudrun.tftest.hcl")
_Terraform = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def terraform(tmp_path: Path) -> _Terraform:
    """Terraform in a copy of the folder, with the provider that was built."""
    program = shutil.which("terraform")
    assert program, "terraform is missing: https://developer.hashicorp.com/terraform/install"
    for file in (*FOLDER.glob("*.tf"), _PLANS):
        shutil.copy(file, tmp_path)
    provider = programs.found(programs.GOOGLE_PROVIDER)
    folder = tmp_path / "provider"
    folder.mkdir()
    (folder / programs.GOOGLE_PROVIDER.name).symlink_to(provider)
    settings = tmp_path / "terraform.rc"
    settings.write_text(
        "provider_installation {\n"
        f"  dev_overrides {{ {json.dumps('hashicorp/google')} = {json.dumps(str(folder))} }}\n"
        "}\n"
    )
    environ = {**os.environ, "TF_CLI_CONFIG_FILE": str(settings), "CHECKPOINT_DISABLE": "1"}

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [program, *arguments, "-no-color"]
        return subprocess.run(
            command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
        )

    return run


def test_the_provider_finds_it_valid(terraform):
    done = terraform("validate", "-json")

    found = json.loads(done.stdout)
    told = {one["summary"] for one in found["diagnostics"]}
    assert found["valid"], done.stdout
    assert told <= {"Provider development overrides are in effect"}


def test_the_provider_applies_it_to_a_google_cloud_that_is_made_up(terraform):
    done = terraform("test")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Success! 3 passed, 0 failed." in done.stdout


def test_it_is_formatted(terraform):
    done = terraform("fmt", "-check", "-diff")

    assert done.stdout == ""
    assert done.returncode == 0


def test_a_field_that_the_provider_does_not_know_is_found(terraform, tmp_path):
    clock = tmp_path / "clock.tf"
    clock.write_text(clock.read_text().replace("max_dispatches_per_second", "dispatches"))

    done = terraform("validate", "-json")

    assert not json.loads(done.stdout)["valid"]
    assert "dispatches" in done.stdout
