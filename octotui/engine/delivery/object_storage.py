"""Object storage by way of obstore: S3 and what speaks as it does, Google's and Azure's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from octotui.engine.delivery.aws_profile import read_profile
from octotui.engine.delivery.storage import PIECE, Refused, StorageTrouble, StoredObject
from octotui.extras import install_command
from octotui.gateway.http.user_agent import USER_AGENT
from octotui.redaction import mask_secrets
from octotui.sanitize import clean

if TYPE_CHECKING:
    from obstore.store import ObjectStore

    from octotui.config import Config

try:
    import obstore
    from obstore import exceptions
    from obstore.store import from_url
except ImportError:
    raise StorageTrouble(f"object storage needs the extra s3: {install_command('s3')}") from None

LARGEST_AT_ONCE = 32 * 2**20
"""Bytes up to which an object is put in one request, which the storage itself refuses where the name is taken."""
_MOST_PARTS = 9000
"""S3 takes 10,000."""
_AT_ONCE = 4
"""Parts of one object on their way at once."""
_SHA256 = "sha256"
"""Name of the metadata: no hyphen, which Azure refuses, and no underscore, which proxies drop."""
_CONNECT_LIMIT = timedelta(seconds=10)
_LIMIT = timedelta(minutes=10)
"""One request, of `LARGEST_AT_ONCE` bytes at most: 56 kB/s."""
_RETRIES: Any = {"max_retries": 3, "retry_timeout": timedelta(seconds=30)}
"""Of one request; whoever delivers tries again for ever."""
_ROLE_SERVICES = ("169.254.169.254", "[fd00:ec2::254]", "metadata.google.internal")
"""Whom obstore asks for the machine's role where nothing else says who we are."""
_NOBODY = "no credentials: neither the environment nor a profile file has any, and this machine has no role"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ObjectStorage:
    """Objects below a prefix."""

    def __init__(self, url: str, config: Config) -> None:
        """Raises `StorageTrouble` where the URL or a profile cannot be used; sends nothing."""
        self.url = url
        self._scheme = url.partition("://")[0]
        with _told("opening", url):
            self._store: ObjectStore = from_url(url, **self._options(config))

    def head(self, name: str) -> StoredObject | None:
        """Ask for the object's head."""
        try:
            with _told("looking at", name):
                found = obstore.get(self._store, name, options={"head": True})
        except FileNotFoundError:
            return None
        version = found.meta["version"]
        is_versioned = self._scheme == "s3" and version not in {None, "null"}
        attributes: Any = found.attributes
        sha256 = next((value for key, value in attributes.items() if str(key).lower() == _SHA256), None)
        return StoredObject(found.meta["size"], sha256, found.meta["last_modified"].timestamp(), is_versioned)

    def put_new(self, name: str, pieces: Iterable[bytes], size: int, *, sha256: str, media_type: str) -> bool:
        """Put an object in one request, or in parts where it is large.

        In parts the storage cannot refuse a name that is taken: it is looked at first. An upload that ends in the
        middle, because `pieces` raises, is aborted.
        """
        attributes: Any = {"Content-Type": media_type, _SHA256: sha256}
        if size > LARGEST_AT_ONCE:
            if self.head(name) is not None:
                return False
            with _told("putting", name), _bucket_there(self.url):
                obstore.put(
                    self._store,
                    name,
                    iter(pieces),
                    attributes=attributes,
                    chunk_size=max(PIECE, size // _MOST_PARTS + 1),
                    max_concurrency=_AT_ONCE,
                )
            return True
        body = b"".join(pieces)
        try:
            with _told("putting", name), _bucket_there(self.url):
                obstore.put(self._store, name, body, attributes=attributes, mode="create", use_multipart=False)
        except exceptions.AlreadyExistsError:
            return False
        return True

    def read(self, name: str, size: int) -> Iterator[bytes]:
        """Yield the bytes of an object, asked for a range at a time."""
        for start in range(0, size, PIECE):
            with _told("reading", name):
                piece = obstore.get_range(self._store, name, start=start, end=min(start + PIECE, size)).to_bytes()
            yield piece

    def names(self) -> Iterator[tuple[str, int]]:
        """Yield what a listing names."""
        pages = obstore.list(self._store, chunk_size=1000)
        while True:
            with _told("listing", self.url), _bucket_there(self.url):
                page = next(pages, None)
            if page is None:
                return
            yield from ((each["path"], each["size"]) for each in page)

    def remove(self, name: str) -> None:
        """Delete an object."""
        try:
            with _told("deleting", name):
                obstore.delete(self._store, name)
        except FileNotFoundError:
            return

    def link(self, name: str, seconds: float) -> str:
        """Return a signed URL; only where the machine's role is who we are, its service is asked first."""
        store: Any = self._store
        with _told("signing a link of", name):
            return obstore.sign(store, "GET", name, timedelta(seconds=seconds))

    def _options(self, config: Config) -> dict[str, Any]:
        client: dict[str, Any] = {"connect_timeout": _CONNECT_LIMIT, "timeout": _LIMIT, "user_agent": USER_AGENT}
        if config.proxy:
            client["proxy_url"] = config.proxy
        if config.ca_file:
            try:
                client["root_certificate"] = config.ca_file.read_bytes()
            except OSError as error:
                raise Refused(f"ca_file: {config.ca_file}: {error.strerror or error}") from None
        options: dict[str, Any] = {"client_options": client, "retry_config": _RETRIES}
        endpoint = None
        if self._scheme == "s3":
            endpoint = _s3_options(options)
        client["allow_http"] = _may_be_plain(endpoint)
        return options


def _s3_options(options: dict[str, Any]) -> str | None:
    """Add what S3 alone has: the profile's credentials, region and endpoint, and checksums. Returns the endpoint."""
    profile = read_profile()
    if profile.credentials is not None:
        options["credential_provider"] = profile.credentials
    settings: dict[str, Any] = {}
    if profile.region and not (os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")):
        settings["region"] = profile.region
    named = next(filter(None, map(os.environ.get, ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"))), None)
    if profile.endpoint and named is None:
        settings["endpoint"] = named = profile.endpoint
    if not os.environ.get("AWS_CHECKSUM_ALGORITHM"):
        # The storage refuses bytes that are not those that were sent.
        settings["checksum_algorithm"] = "SHA256"
    options["config"] = settings
    return named


def _may_be_plain(endpoint: str | None) -> bool:
    """Whether requests may go without TLS: to this machine, or where the variable that obstore has for it says so."""
    says_so = os.environ.get("AWS_ALLOW_HTTP", "").lower() in {"1", "true", "yes"}
    return says_so or (endpoint is not None and urlsplit(endpoint).hostname in _LOOPBACK)


@contextmanager
def _bucket_there(url: str) -> Iterator[None]:
    """Raise `Refused` for a bucket that is not there, which is what a missing object is when something is put."""
    try:
        yield
    except FileNotFoundError:
        raise Refused(f"there is no bucket for {url}") from None


@contextmanager
def _told(what: str, name: str) -> Iterator[None]:
    """Raise the errors of obstore as `StorageTrouble`; a missing object and a name that is taken pass as they are."""
    try:
        yield
    except (FileNotFoundError, exceptions.AlreadyExistsError, StorageTrouble):
        raise
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
        raise Refused(f"{what} {name} is refused: {_words(error)}") from error
    except (exceptions.BaseError, ValueError) as error:
        if any(host in str(error) for host in _ROLE_SERVICES):
            raise Refused(_NOBODY) from error
        raise StorageTrouble(f"{what} {name}: {_words(error)}") from error


def _words(error: Exception) -> str:
    """Return what the storage said: status, its code and message; not the requests that obstore tells of besides."""
    text = re.sub(r"(?s)\n\nDebug source.*", "", str(error))
    code = re.search(r"<Code>([^<]*)</Code>", text)
    message = re.search(r"<Message>([^<]*)</Message>", text)
    status = re.search(r"status code: (\d{3}[^:<\n]*)", text)
    told = [found[1].strip() for found in (status, code, message) if found]
    return mask_secrets(clean(": ".join(told) or text, 300))
