from __future__ import annotations

import errno
import os
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.engine.downloads.file_names import (
    FileTrouble,
    NoRoom,
    numbered,
    place,
    shortened,
    trouble,
    wanted_path,
    write_atomically,
)
from octotui.model import Task
from tests.support.clock import NOW
from tests.support.tasks import ready

DEFAULT = "{provider}/{date}-{model}-{id}.mp4"


def finished(task_id: str = "video_1", **facts: Any) -> Task:
    return ready(task_id, **{"model": "sora-2", "completed_at": NOW, **facts})


def name(task_id: str, template: str = "{id}.mp4") -> str:
    return str(wanted_path(template, finished(task_id)))


class TestNames:
    def test_the_default_template(self) -> None:
        path = wanted_path(DEFAULT, finished("sora-2:task_01k"))
        assert path.parent == PurePosixPath("sora")
        assert path.name.endswith("-sora-2-sora-2_task_01k.mp4")

    def test_every_field(self) -> None:
        full = finished(tags=("cats", "draft"), seconds="10", size="720x1280")
        filled = wanted_path("{tag}/{provider}_{model}_{seconds}s_{size}_{id}.mp4", full)
        assert filled == PurePosixPath("cats/sora_sora-2_10s_720x1280_video_1.mp4")

    def test_what_is_not_known_has_a_word(self) -> None:
        bare = Task("video_1", "sora", "videos", NOW)
        assert wanted_path("{tag}-{model}-{seconds}-{size}.mp4", bare) == PurePosixPath(
            "untagged-unknown-unknown-unknown.mp4"
        )

    @pytest.mark.parametrize(
        ("task_id", "expected"),
        [
            ("grok:05c8e247", "grok_05c8e247.mp4"),
            ("a/b\\c", "a_b_c.mp4"),
            ("YWJj+ZGVm==", "YWJj+ZGVm==.mp4"),
            ("../../etc/passwd", "__.._etc_passwd.mp4"),
            (".hidden", "_hidden.mp4"),
            ("a\u202egpj.mp4", "a_gpj.mp4.mp4"),
            ("a\x1b[2Jb", "a_[2Jb.mp4"),
            ("cafe\u0301", "café.mp4"),
            ("CON", "_CON.mp4"),
            ("trailing. ", "trailing..mp4"),
            ('?*<>|"', "_.mp4"),
        ],
    )
    def test_ids_are_made_safe(self, task_id: str, expected: str) -> None:
        assert name(task_id) == expected

    def test_long_ids_are_cut_and_told_apart(self) -> None:
        first, second = name("x" * 250 + "1"), name("x" * 250 + "2")
        assert first != second
        assert len(first) < 140

    @pytest.mark.parametrize("template", ["../{id}.mp4", "/{id}.mp4", "//../a/../{id}.mp4", "./{id}.mp4", "~/{id}.mp4"])
    def test_a_template_never_leads_out(self, template: str) -> None:
        parts = wanted_path(template, finished()).parts
        assert ".." not in parts
        assert not parts[0].startswith("/")

    @pytest.mark.parametrize("template", ["", "/", "..", "{nonsense}", "..."])
    def test_an_odd_template_still_names_a_file(self, template: str) -> None:
        path = wanted_path(template, finished())
        assert path.name
        assert not path.is_absolute()

    @given(task_id=st.text(min_size=1, max_size=300), model=st.text(max_size=300), tag=st.text(max_size=300))
    def test_any_text_makes_a_name_any_file_system_takes(self, task_id: str, model: str, tag: str) -> None:
        path = wanted_path(
            "{tag}/{provider}/{date}-{time}-{model}-{id}.mp4", finished(task_id, model=model, tags=(tag,))
        )
        assert not path.is_absolute()
        assert len(path.parts) <= 3
        for part in path.parts:
            assert part not in {"", ".", ".."}
            assert not part.startswith(".")
            assert not set(part) & set('/\\:*?"<>|\x00\n\x1b')
            assert len(part.encode()) <= 255
        assert len(path.name.encode()) + len("-999.part.json.12345678") <= 255

    @given(first=st.text(min_size=1, max_size=300), second=st.text(min_size=1, max_size=300))
    def test_what_is_cut_never_collides(self, first: str, second: str) -> None:
        if first != second:
            padded = (f"{'x' * 200}{first}", f"{'x' * 200}{second}")
            assert shortened(padded[0], 120) != shortened(padded[1], 120)


class TestPlace:
    def source(self, folder: Path) -> Path:
        path = folder / "clip.mp4.part"
        path.write_bytes(b"video")
        return path

    def test_gives_the_name(self, tmp_path: Path) -> None:
        assert place(self.source(tmp_path), tmp_path / "clip.mp4", lambda _: False) == tmp_path / "clip.mp4"
        assert (tmp_path / "clip.mp4").read_bytes() == b"video"

    def test_never_takes_the_place_of_another_file(self, tmp_path: Path) -> None:
        for taken in ("clip.mp4", "clip-2.mp4"):
            (tmp_path / taken).write_bytes(b"mine")
        assert place(self.source(tmp_path), tmp_path / "clip.mp4", lambda _: False).name == "clip-3.mp4"
        assert (tmp_path / "clip.mp4").read_bytes() == b"mine"

    @pytest.mark.parametrize("kind", ["folder", "dangling link", "side-car"])
    def test_never_takes_the_place_of_anything_else(self, tmp_path: Path, kind: str) -> None:
        if kind == "folder":
            (tmp_path / "clip.mp4").mkdir()
        elif kind == "dangling link":
            (tmp_path / "clip.mp4").symlink_to(tmp_path / "elsewhere")
        else:
            (tmp_path / "clip.mp4.json").write_text("{}")
        assert place(self.source(tmp_path), tmp_path / "clip.mp4", lambda _: False).name == "clip-2.mp4"
        assert not (tmp_path / "elsewhere").exists()

    def test_the_very_same_bytes_count_as_saved(self, tmp_path: Path) -> None:
        (tmp_path / "clip.mp4").write_bytes(b"video")
        assert place(self.source(tmp_path), tmp_path / "clip.mp4", lambda _: True).name == "clip.mp4"
        assert not (tmp_path / "clip-2.mp4").exists()

    def test_its_own_earlier_link_counts_as_saved(self, tmp_path: Path) -> None:
        """What a kill between the two steps leaves behind."""
        source = self.source(tmp_path)
        (tmp_path / "clip.mp4").hardlink_to(source)
        assert place(source, tmp_path / "clip.mp4", lambda _: False).name == "clip.mp4"

    @pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP])
    def test_renames_where_there_are_no_hard_links(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
    ) -> None:
        def no_links(*_: object) -> None:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(os, "link", no_links)
        (tmp_path / "clip.mp4").write_bytes(b"mine")
        assert place(self.source(tmp_path), tmp_path / "clip.mp4", lambda _: False).name == "clip-2.mp4"
        assert (tmp_path / "clip.mp4").read_bytes() == b"mine"
        assert (tmp_path / "clip-2.mp4").read_bytes() == b"video"

    def test_a_folder_that_is_gone_is_told_in_words(self, tmp_path: Path) -> None:
        with pytest.raises(FileTrouble, match="folder is gone"):
            place(self.source(tmp_path), tmp_path / "nowhere" / "clip.mp4", lambda _: False)


def test_numbers_go_before_the_ending() -> None:
    assert [numbered(Path("a.b.mp4"), number).name for number in (1, 2, 10)] == ["a.b.mp4", "a.b-2.mp4", "a.b-10.mp4"]


def test_a_full_disk_is_another_trouble_than_a_forbidden_one() -> None:
    full = trouble(OSError(errno.ENOSPC, "no space"), Path("/videos/clip.mp4"))
    assert isinstance(full, NoRoom)
    forbidden = trouble(OSError(errno.EROFS, "read-only"), Path("/videos/clip.mp4"))
    assert not isinstance(forbidden, NoRoom)
    assert str(forbidden) == "/videos/clip.mp4: the file system is read-only"


def test_atomic_writes_replace_and_leave_nothing_beside(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a.json", b"first")
    write_atomically(tmp_path / "a.json", b"second")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.json", b"second")]
