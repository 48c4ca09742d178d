"""Secrets: files of a folder, as Kubernetes mounts and rotates them."""

import json

import pytest

from shared.adapters import secrets
from shared.domain.errors import Unavailable
from shared.domain.signature import Secret

KEY, NEW = b"k" * 32, b"n" * 32


def test_every_file_is_a_secret_without_its_line_end(tmp_path):
    (tmp_path / "old").write_bytes(KEY + b"\n")
    (tmp_path / "new").write_bytes(NEW)

    assert secrets.read(tmp_path) == (Secret("new", NEW), Secret("old", KEY))


@pytest.mark.parametrize(
    ("limit", "admitted", "expected"),
    [
        pytest.param("jx, staging\n", "staging", True, id="listed"),
        pytest.param("jx\nstaging\n", "staging", True, id="a-line-each"),
        pytest.param("jx", "staging", False, id="not-listed"),
        pytest.param("", "staging", False, id="empty-means-none"),
    ],
)
def test_a_file_beside_a_secret_limits_it(tmp_path, limit, admitted, expected):
    (tmp_path / "ci").write_bytes(KEY)
    (tmp_path / "ci.namespaces").write_text(limit)

    (secret,) = secrets.read(tmp_path)

    assert secret.admits(admitted) is expected


def test_a_rotated_secret_is_read_without_a_restart(tmp_path):
    (tmp_path / "ci").write_bytes(KEY)
    before = secrets.read(tmp_path)

    (tmp_path / "ci").write_bytes(NEW)

    assert (before, secrets.read(tmp_path)) == ((Secret("ci", KEY),), (Secret("ci", NEW),))


def test_a_mounted_secret_is_read_as_one_set(tmp_path):
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "ci").write_bytes(KEY)
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "ci").symlink_to("..data/ci")

    assert secrets.read(tmp_path) == (Secret("ci", KEY),)


@pytest.mark.parametrize("key", [b"", b"\n", b"short"])
def test_a_key_that_can_be_guessed_is_not_used_and_not_shown(tmp_path, capsys, key):
    (tmp_path / "bad").write_bytes(key)
    (tmp_path / "good").write_bytes(KEY)

    assert secrets.read(tmp_path) == (Secret("good", KEY),)
    assert json.loads(capsys.readouterr().out) == {
        "severity": "ERROR",
        "message": "secret bad: not used, as it is shorter than 16 bytes",
    }


def test_without_a_secret_nobody_is_told_that_they_are_wrong(tmp_path):
    with pytest.raises(Unavailable, match="there is none"):
        secrets.read(tmp_path)


def test_a_folder_that_is_not_mounted_is_unavailable(tmp_path):
    with pytest.raises(Unavailable, match="No such file"):
        secrets.read(tmp_path / "missing")
