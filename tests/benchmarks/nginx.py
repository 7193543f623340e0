"""An nginx with TLS on loopback, serving videos from memory: what the measurements download from."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.bad_server import box, certificate, clip

MIB = 2**20
SHARED = Path("/dev/shm")  # noqa: S108 - the folders in it get names of their own

_CONFIGURATION = """
daemon off; worker_processes 2; pid {folder}/pid; error_log stderr error;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; types {{ video/mp4 mp4; }}
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port} ssl; root {folder}/files; keepalive_requests 100000;
    ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;
  }}
}}
"""


@dataclass(slots=True, frozen=True)
class Nginx:
    """A running server."""

    url: str
    pem: Path
    """The certificate to trust."""
    files: Path


@contextmanager
def nginx() -> Iterator[Nginx]:
    """Serve an empty folder in memory over TLS until the end of the block; raises `SystemExit` without nginx."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        message = "this measurement needs nginx"
        raise SystemExit(message)
    with tempfile.TemporaryDirectory(dir=SHARED) as name:
        folder = Path(name)
        folder.chmod(0o755)
        certificate(folder, "127.0.0.1")
        (folder / "files").mkdir()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        (folder / "nginx.conf").write_text(_CONFIGURATION.format(folder=folder, port=port))
        process = subprocess.Popen([program, "-c", folder / "nginx.conf", "-p", folder])
        try:
            _wait_for(port)
            yield Nginx(f"https://127.0.0.1:{port}", folder / "certificate.pem", folder / "files")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _wait_for(port: int) -> None:
    end = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return


def write_video(path: Path, size: int, seed: int) -> None:
    """Write a file of `size` bytes that a proof calls whole; its media repeat a random MiB."""
    start = clip(2048, seed)[: -2048 + 24 + 172]
    noise = os.urandom(MIB)
    left = size - len(start) - 16
    with path.open("wb") as file:
        file.write(start + box(b"mdat", size=left + 16, wide=True))
        while left > 0:
            left -= file.write(noise[:left])


@dataclass(slots=True, frozen=True)
class Cost:
    """What a process took."""

    seconds: float
    processor_seconds: float
    peak_bytes: int
    """Largest resident set."""
    output: str


def run(command: list[str], **environment: str) -> Cost:
    """Run a process to its end and return what it took; raises `SystemExit` when it fails."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    took = time.monotonic() - began
    if process.returncode != 0:
        message = f"{command[0]} ended with {process.returncode}"
        raise SystemExit(message)
    return Cost(took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, output)
