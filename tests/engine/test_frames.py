"""The program that makes a picture of a video, run as it is run: on good files, broken ones and hostile ones."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from octotui.engine.media.poster_frame import JPEG, MAX_BYTES, MAX_SIDE
from tests.support.videos import demo_clip, halves, sound, video

RED, BLUE, BLACK = (200, 30, 30), (30, 30, 200), (0, 0, 0)


def run(file: Path) -> tuple[int, bytes]:
    command = [sys.executable, "-P", "-m", "octotui.engine.media.poster_frame", str(file)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.stderr == b""
    return done.returncode, done.stdout


def picture(file: Path) -> Image.Image:
    code, said = run(file)
    assert (code, said[:2]) == (0, JPEG), said[:200]
    assert len(said) <= MAX_BYTES
    return Image.open(io.BytesIO(said)).convert("RGB")


def is_near(pixel: object, color: tuple[int, int, int]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(one - other) < 40 for one, other in zip(pixel, color, strict=True))


@pytest.mark.parametrize("number", range(5))
def test_the_demos_clips_have_pictures_that_show_something(number: int, tmp_path: Path) -> None:
    image = picture(demo_clip(tmp_path / "clip.mp4", number))
    assert image.size == (480, 270)
    darkest, brightest = zip(*image.getextrema(), strict=True)
    assert max(brightest) - min(darkest) > 60


def test_a_video_that_is_dark_for_its_first_half_shows_its_second(tmp_path: Path) -> None:
    dark, bright = Image.new("RGB", (128, 72), BLACK), halves(RED, BLUE, (128, 72))
    image = picture(video(tmp_path / "dark.mp4", [*[dark] * 12, *[bright] * 12]))
    assert is_near(image.getpixel((20, 36)), RED)
    assert is_near(image.getpixel((108, 36)), BLUE)


def test_an_upright_video_stays_upright_and_a_large_one_becomes_small(tmp_path: Path) -> None:
    image = picture(video(tmp_path / "upright.mp4", [halves(RED, BLUE, (720, 1280))] * 3))
    assert image.size == (270, MAX_SIDE)


def test_a_single_frame_is_enough(tmp_path: Path) -> None:
    assert picture(video(tmp_path / "one.mkv", [halves(RED, BLUE, (64, 64))])).size == (64, 64)


def test_all_black_is_a_picture_too(tmp_path: Path) -> None:
    assert picture(video(tmp_path / "black.mp4", [Image.new("RGB", (64, 64), BLACK)] * 9)).getpixel((9, 9)) == BLACK


def test_a_file_cut_short_shows_what_is_left_or_says_why_not(tmp_path: Path) -> None:
    whole = demo_clip(tmp_path / "whole.mp4").read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: len(whole) // 4])
    assert picture(cut).size == (480, 270)
    cut.write_bytes(whole[:900])
    assert run(cut) == (1, b"it cannot be read as a video (End of file)")


def test_what_is_no_video_is_said_in_words(tmp_path: Path) -> None:
    file = tmp_path / "page.mp4"
    file.write_text("<!doctype html><html><body>502 Bad Gateway</body></html>" * 50)
    assert run(file) == (1, b"it cannot be read as a video (Invalid data found when processing input)")
    file.write_bytes(b"")
    assert run(file)[0] == 1
    assert run(sound(tmp_path / "sound.mp4")) == (1, b"there is only sound in it")
    assert run(tmp_path / "gone.mp4") == (1, b"the file is gone")
    assert run(tmp_path)[0] == 1


@pytest.mark.parametrize("kind", ["play list", "concat"])
def test_a_file_cannot_make_us_open_another_address(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "list.mp4"
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/secret.ts"
        if kind == "play list":
            text = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n#EXT-X-ENDLIST\n"
        else:
            text = f"ffconcat version 1.0\nfile {address}\n"
        file.write_text(text)
        code, said = run(file)
        assert (code, said[:2] == JPEG) == (1, False)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_name_that_looks_like_an_address_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    demo_clip(Path("concat:a|b.mp4"))
    assert picture(Path("concat:a|b.mp4")).size == (480, 270)


def test_damage_in_the_middle_is_no_crash(tmp_path: Path) -> None:
    whole = bytearray(demo_clip(tmp_path / "whole.mp4", 2).read_bytes())
    for start in range(2_000, len(whole) - 64, 3_000):
        whole[start : start + 40] = b"\xff\x00\x55\xaa" * 10
    file = tmp_path / "damaged.mp4"
    file.write_bytes(whole)
    code, said = run(file)
    assert code == (0 if said.startswith(JPEG) else 1)
    assert said
