"""Two ways to run octotui: `call` in this process, fast; `run` as a process of its own, the real thing."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from octotui.cli.main import main

ROOT = Path(__file__).parents[2]
KEY = "sk-test-0123456789"


@dataclass
class Outcome:
    """What a command printed and ended with."""

    code: int
    out: str
    err: str


@dataclass
class Octotui:
    """octotui with a home of its own."""

    home: Path
    environ: dict[str, str]
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "octotui", *arguments]

    def run(self, *arguments: str, stdin: str = "", **environ: str) -> Outcome:
        done = subprocess.run(
            self.command(*arguments),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.home,
            env=self.environ | environ,
            timeout=60,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.home,
            env=self.environ | environ,
        )

    def call(self, *arguments: str, stdin: str | bytes = "", **environ: str) -> Outcome:
        raw = stdin.encode() if isinstance(stdin, str) else stdin
        with self.monkeypatch.context() as patch:
            for name in [name for name in os.environ if name.startswith(("OCTOTUI", "OPENAI", "XDG_"))]:
                patch.delenv(name)
            for name, value in (self.environ | environ).items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["octotui", *arguments])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
            with pytest.raises(SystemExit) as ended:
                main()
        printed = self.capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Outcome(ended.value.code, printed.out, printed.err)


@pytest.fixture
def octotui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Octotui:
    home = tmp_path / "home"
    home.mkdir()
    environ = {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "NO_PROXY": "*",
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm-256color",
        "OCTOTUI_API_KEY": KEY,
    }
    return Octotui(home, environ, monkeypatch, capsys)
