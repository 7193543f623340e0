"""The transfer factory: makes the transfer of each wanted task, with what all transfers of a process share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from octotui.config import Config
from octotui.engine.downloads.disk_space import DiskSpace, DownloadFolder
from octotui.engine.downloads.fetch import FetchContext, Limits
from octotui.engine.downloads.file_names import FileTrouble
from octotui.engine.downloads.throughput import Bandwidth
from octotui.engine.downloads.transfer import Transfer
from octotui.engine.placing import PlacingNotes
from octotui.engine.sharing import Share
from octotui.gateway.http.addresses import LinkRules
from octotui.gateway.http.download_transport import download_client
from octotui.ledger import Ledger
from octotui.model import Task
from octotui.save_place import folder_of


class TransferFactory:
    """Holds the HTTP client, the bandwidth limit and the room on the disk that the transfers of a process share."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        undelivered: Callable[[], int],
        share: Share | None = None,
        *,
        clock: Callable[[], float],
        fresh_link: Callable[[str], str | None],
        patience: float | None,
        limits: Limits | None,
    ) -> None:
        """`fresh_link` and `patience` are as for `Transfer`, `limits` those of each fetch; None for the usual ones.

        `undelivered` says how many bytes of saved files are still to be delivered.
        `share` is what this engine is to others on the ledger, if there are any.
        """
        self._config = config
        self._ledger = ledger
        self._clock = clock
        self._fresh_link = fresh_link
        self._patience = patience
        self.notes = None if share is None else PlacingNotes(folder_of(config.download_dir))
        """Of results on their way to their final name, where others share the ledger."""
        self._limits = limits or Limits(largest=config.max_file_size)
        to_folder = config.deliver_to is not None and config.deliver_to.startswith("file://")
        self._disk_space = DiskSpace(
            config.disk_reserve,
            undelivered=undelivered,
            goes_to=Path((config.deliver_to or "").removeprefix("file://")) if to_folder else None,
            comes_free=config.deliver_to is not None and config.keep_local == 0.0,
        )
        self._folders: dict[Path, DownloadFolder] = {}
        self._context: FetchContext | None = None
        self._context_lock = threading.Lock()

    def make(self, task: Task, folder_asked_for: str | None) -> Transfer:
        """The transfer of `task` into the folder that was asked for with it, or else the configured one."""
        path = Path(folder_asked_for or self._config.download_dir).expanduser().absolute()
        folder = self._folders.setdefault(path, DownloadFolder(path, self.notes))
        return Transfer(
            task,
            folder=folder,
            template=self._config.file_template,
            context=self.shared_context,
            attempts=self._ledger,
            fresh_link=self._fresh_link,
            clock=self._clock,
            patience=self._patience,
        )

    def close(self) -> None:
        """Close the connections, if any were made."""
        with self._context_lock:
            if self._context is not None:
                self._context.client.close()

    def shared_context(self) -> FetchContext:
        """What every fetch shares, made by the first worker that needs it.

        Certificates take a while to read. Raises `FileTrouble`.
        """
        config = self._config
        with self._context_lock:
            if self._context is None:
                try:
                    client = download_client(
                        ca_file=config.ca_file,
                        proxy=config.proxy,
                        transport=config.transport,
                        rules=LinkRules(config.base_url, config.allow_hosts),
                    )
                except (OSError, ValueError) as error:
                    message = f"ca_file or proxy cannot be used: {error}"
                    raise FileTrouble(message) from error
                bandwidth = Bandwidth(config.bandwidth_limit)
                self._context = FetchContext(
                    client,
                    config.base_url,
                    config.api_key,
                    self._limits,
                    bandwidth,
                    self._disk_space,
                    clock=self._clock,
                )
            return self._context
