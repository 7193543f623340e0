"""Where a ledger lies: several hosts' file systems are refused, doubtful ones named, missing locks said."""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.ledger import Ledger, LedgerUnwritable
from octotui.ledger.sqlite.errors import explained
from octotui.ledger.sqlite.file import file_systems

MOUNTS = r"""
21 28 0:20 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw
28 1 253:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,discard
40 28 0:35 / /home rw,relatime shared:20 - nfs4 filer:/home rw,vers=4.2,addr=10.0.0.9
41 40 253:5 / /home/ann/local rw,relatime - xfs /dev/vdb1 rw
42 28 0:36 / /mnt/two\040words rw,relatime shared:21 master:3 - cifs //filer/share rw
43 28 0:37 / /mnt/back\134slash rw - lustre 10.0.0.1@tcp:/fs rw
44 28 0:38 / /gpfs rw - gpfs gpfs0 rw
45 28 0:39 / /beegfs rw - beegfs beegfs_nodev rw
46 28 0:40 / /ssh rw - fuse.sshfs ann@box:/ rw
47 28 0:41 / /mnt/c rw - 9p drvfs rw
48 28 0:42 / /covered rw - nfs filer:/old rw
49 48 0:43 / /covered rw - tmpfs tmpfs rw
50 28 0:44 / /usb rw - fuseblk /dev/sdb1 rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/var/lib/octotui", "ext4"),
        ("/home", "nfs4"),
        ("/home/ann/.local/state/octotui/ledger.db", "nfs4"),
        ("/home/ann/local", "xfs"),
        ("/home/ann/local/state", "xfs"),
        ("/home/ann/localized", "nfs4"),
        ("/homes/bob", "ext4"),
        ("/mnt/two words/x", "cifs"),
        ("/mnt/back\\slash/x", "lustre"),
        ("/covered/x", "tmpfs"),
        ("/usb/x", "fuseblk"),
    ],
)
def test_the_longest_mount_point_counts_and_of_two_on_one_point_the_later(path: str, kind: str) -> None:
    assert file_systems.type_of(MOUNTS, path) == kind


def test_nothing_listed_is_nothing_known() -> None:
    assert file_systems.type_of("", "/home") is None


@given(st.text())
def test_no_line_of_the_kernels_is_too_strange(mounts: str) -> None:
    file_systems.type_of(mounts, "/home/ann")


def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> Path:
    """Have the kernel's list say that `tmp_path` is on a file system of a type; returns where a ledger would lie."""
    mounts = tmp_path / "mounts"
    mounts.write_text(f"28 1 253:1 / / rw - ext4 /dev/vda1 rw\n40 28 0:35 / {tmp_path.resolve()} rw - {kind} x rw\n")
    monkeypatch.setattr(file_systems, "MOUNTS", mounts)
    return tmp_path / "state" / "ledger.db"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("nfs", "NFS"),
        ("nfs4", "NFS"),
        ("cifs", "SMB"),
        ("smb3", "SMB"),
        ("lustre", "Lustre"),
        ("gpfs", "GPFS"),
        ("beegfs", "BeeGFS"),
    ],
)
@pytest.mark.parametrize("is_reader", [False, True])
def test_what_several_hosts_share_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str, is_reader: bool
) -> None:
    path = mounted(tmp_path, monkeypatch, kind)
    with pytest.raises(
        LedgerUnwritable, match=rf"would lie on {name}.*Set OCTOTUI_STATE_DIR to a folder on a local disk"
    ):
        Ledger.open(path, is_reader=is_reader)
    assert not path.parent.exists()


def test_a_link_is_followed_to_where_it_leads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    path = mounted(shared, monkeypatch, "nfs4")
    (tmp_path / "state").symlink_to(shared)
    with pytest.raises(LedgerUnwritable, match="NFS"):
        Ledger.open(tmp_path / "state" / path.name)


@pytest.mark.parametrize(("kind", "name"), [("fuse.sshfs", "FUSE"), ("fuse", "FUSE"), ("9p", "9p")])
def test_what_is_doubtful_is_opened_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    with Ledger.open(mounted(tmp_path, monkeypatch, kind)) as ledger:
        (line,) = ledger.notices.lines
        assert f"lies on {name}" in line
        assert "OCTOTUI_STATE_DIR" in line
        assert ledger.notices.urgent(0.0) is None


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "fuseblk"])
def test_a_local_disk_is_no_news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    with Ledger.open(mounted(tmp_path, monkeypatch, kind)) as ledger:
        assert ledger.notices.lines == []


def test_a_system_without_such_a_list_is_no_news(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(file_systems, "MOUNTS", tmp_path / "none")
    with Ledger.open(path) as ledger:
        assert ledger.notices.lines == []


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.ENOLCK, errno.EIO, errno.EOPNOTSUPP])
def test_locks_that_are_not_there_are_said_as_that(path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def no_lock(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    before = len(list(Path("/proc/self/fd").iterdir()))
    monkeypatch.setattr(fcntl, "flock", no_lock)
    with pytest.raises(
        LedgerUnwritable, match=r"cannot be locked: its file system has no file locks.*OCTOTUI_STATE_DIR"
    ):
        Ledger.open(path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_locks_that_sqlite_misses_are_said_as_that(path: Path) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_IOERR_LOCK, "SQLITE_IOERR_LOCK"
    told = explained(error, path)
    assert isinstance(told, LedgerUnwritable)
    assert "no file locks" in str(told)
