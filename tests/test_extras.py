"""What installs an extra, tried in real environments."""

from __future__ import annotations

import importlib.metadata
import re
import shlex
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest

from octotui.extras import EXTRAS, install_command

ROOT = Path(__file__).parent.parent


def test_the_extras_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["name"] == "octotui-video"
    optional = {name: tuple(needs) for name, needs in project["optional-dependencies"].items() if name != "dev"}
    assert optional == EXTRAS


def test_the_command_belongs_to_the_distribution() -> None:
    entry = importlib.metadata.distribution("octotui-video").entry_points.select(group="console_scripts")
    assert [(script.name, script.value) for script in entry] == [("octotui", "octotui.cli.main:main")]


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two environments, one with pip, below a folder whose name needs quotes."""
    folder = tmp_path_factory.mktemp("it is here")
    for name, with_pip in (("with", True), ("without", False)):
        venv.create(folder / name, with_pip=with_pip, symlinks=True)
    return folder


def said_in(environment: Path, extra: str = "preview") -> list[str]:
    """The words of the line that octotui prints in an environment."""
    code = (
        f"import sys; sys.path.append({str(ROOT)!r}); from octotui.extras import *; print(install_command({extra!r}))"
    )
    done = subprocess.run(
        [environment / "bin" / "python", "-I", "-c", code], capture_output=True, text=True, check=True
    )
    return shlex.split(done.stdout)


def test_in_an_environment_with_pip_it_is_that_pip(environments: Path) -> None:
    python = str(environments / "with" / "bin" / "python")
    words = said_in(environments / "with")
    assert words == [python, "-m", "pip", "install", *EXTRAS["preview"]]
    # The line works as far as pip reads it: this one needs no index, for it asks for nothing that is not there.
    line = shlex.join([*words[:4], "--no-index", "pip"])
    subprocess.run(line, shell=True, check=True, capture_output=True)  # noqa: S602 - the line is for a shell


def test_in_an_environment_without_pip_it_is_uv(environments: Path) -> None:
    python = str(environments / "without" / "bin" / "python")
    assert said_in(environments / "without") == ["uv", "pip", "install", "--python", python, *EXTRAS["preview"]]


def test_installers_are_known_by_the_file_they_leave(environments: Path) -> None:
    home = environments / "with"
    receipt = home / "uv-receipt.toml"
    receipt.write_text("[tool]\n")
    assert said_in(home, "notify") == ["uv", "pip", "install", "--python", str(home / "bin" / "python"), "apprise>=1.9"]
    receipt.unlink()
    metadata = home / "pipx_metadata.json"
    metadata.write_text("{}")
    assert said_in(home, "keyring") == ["pipx", "inject", "with", "keyring>=25"]
    metadata.unlink()


def test_every_version_is_quoted_for_the_shell() -> None:
    line = install_command("preview", prefix=Path("/nowhere"), python="/my env/bin/python", has_pip=True)
    assert line == "'/my env/bin/python' -m pip install 'av>=18' 'textual-image>=0.12' 'pillow>=13,<14'"
    assert sys.executable in install_command("preview") or "pipx" in install_command("preview")


def test_nothing_tells_anybody_to_install_what_is_not_ours() -> None:
    texts = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "config.example.toml", ROOT / "pyproject.toml"]
    texts += sorted((ROOT / "octotui").rglob("*.py"))
    wrong = re.compile(r"(pip|pipx|tool) install [^\n`&]*\boctotui\b(?!-)|\boctotui\[")
    assert len(texts) > 100
    assert {str(file): found.group() for file in texts if (found := wrong.search(file.read_text()))} == {}
