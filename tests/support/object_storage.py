"""A real S3 server on loopback for tests, and a look into its buckets that does not go by way of our own code."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
import urllib.parse
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

ROOT = Path(__file__).parents[2]
_SIGNED = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
"""The server checks no signature, but whether there is one."""


class S3Server:
    """The server, from `with` to its end."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.s3_server"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self.endpoint = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def environ(self) -> dict[str, str]:
        """What the cloud's own chain finds in the environment of whoever uses this server."""
        return {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def fail(self, **faults: int) -> None:
        """Have it answer methods with statuses: `fail(PUT=403)`; `fail()` ends that."""
        self.send("PUT", "-/faults", json.dumps(faults).encode())

    def requests(self) -> list[str]:
        """What it was asked so far: `PUT /bucket/name`."""
        asked: list[str] = json.loads(self.send("GET", "-/requests"))
        return asked

    def make_bucket(self, name: str) -> str:
        """Make a bucket; returns its name."""
        self.send("PUT", name)
        return name

    def objects(self, bucket: str) -> dict[str, bytes]:
        """All objects of a bucket, by their names."""
        return {key: self.get(bucket, key) for key in self.keys(bucket)}

    def keys(self, bucket: str) -> list[str]:
        """The names of a bucket's objects."""
        listed = self.send("GET", f"{bucket}?list-type=2&max-keys=1000").decode()
        return [html.unescape(key) for key in re.findall(r"<Key>(.*?)</Key>", listed)]

    def uploads(self, bucket: str) -> int:
        """How many uploads in parts are not ended."""
        return self.send("GET", f"{bucket}?uploads").count(b"<UploadId>")

    def get(self, bucket: str, key: str) -> bytes:
        """The bytes of an object."""
        return self.send("GET", f"{bucket}/{urllib.parse.quote(key)}")

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Put an object, as somebody else would."""
        self.send("PUT", f"{bucket}/{urllib.parse.quote(key)}", body)

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object, as somebody else would."""
        self.send("DELETE", f"{bucket}/{urllib.parse.quote(key)}")

    def send(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Send one request and return the answer's body."""
        answer = httpx.request(
            method, f"{self.endpoint}/{path}", content=body, headers={"Authorization": _SIGNED}, trust_env=False
        )
        return answer.raise_for_status().content
