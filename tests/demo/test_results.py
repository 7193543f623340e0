from __future__ import annotations

import gzip
from contextlib import suppress
from dataclasses import replace

import httpx
import pytest

from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import ContentStyle, Life, LinkStyle
from octotui.demo.links import read_link
from octotui.gateway.parsing.deadlines import link_deadline
from tests.support.boxes import box_kinds
from tests.support.clock import NOW, Clock

SIGNED = [style for style in LinkStyle if style not in {LinkStyle.PLAIN, LinkStyle.CONTENT, LinkStyle.NONE}]


def link_to(box: Box, client: httpx.Client, life: Life) -> str:
    task = box.create("sora", "sora-2", life=life)
    return str(client.get(f"/v1/videos/{task}").json()["video_url"])


@pytest.mark.parametrize("style", SIGNED)
def test_a_signed_link_ends_when_it_says(
    style: LinkStyle, box: Box, client: httpx.Client, anyone: httpx.Client, clock: Clock
) -> None:
    link = link_to(box, client, replace(Life.ready(left=600), link=style))
    assert link_deadline(link) == NOW + 600
    clock.now = NOW + 599
    assert anyone.get(link).status_code == 200
    clock.now = NOW + 600
    response = anyone.get(link)
    assert (response.status_code, response.headers["content-type"]) == (403, "application/xml")
    assert "expired" in response.text


def test_a_plain_link_says_nothing_and_is_gone_one_day(
    box: Box, client: httpx.Client, anyone: httpx.Client, clock: Clock
) -> None:
    link = link_to(box, client, replace(Life.ready(left=600), link=LinkStyle.PLAIN))
    assert link_deadline(link) is None
    assert anyone.get(link).status_code == 200
    clock.now += 600
    assert anyone.get(link).status_code == 410


@pytest.mark.parametrize("style", [*SIGNED, LinkStyle.PLAIN])
def test_a_link_that_was_touched_is_refused(
    style: LinkStyle, box: Box, client: httpx.Client, anyone: httpx.Client
) -> None:
    link = link_to(box, client, replace(Life.ready(), link=style))
    path, _, query = link.partition("?")
    for touched in (f"{path}x?{query}", f"{path}?x=1&{query}", link[:-1] + ("0" if link[-1] != "0" else "1"), path):
        assert anyone.get(touched).status_code == 403


def test_signed_hosts_refuse_a_second_credential(box: Box, client: httpx.Client, anyone: httpx.Client) -> None:
    link = link_to(box, client, Life.ready())
    response = anyone.get(link, headers={"Authorization": f"Bearer {box.key}"})
    assert response.status_code == 400
    assert box.requests[-1].authorization == f"Bearer {box.key}"
    assert anyone.get(link).status_code == 200
    assert box.requests[-1].authorization is None


def test_links_lead_to_another_origin(box: Box, client: httpx.Client) -> None:
    link = httpx.URL(link_to(box, client, Life.ready()))
    gateway = httpx.URL(box.base_url)
    assert (link.host, link.port) != (gateway.host, gateway.port)


def test_a_link_stays_the_same_from_ask_to_ask(box: Box, client: httpx.Client, clock: Clock) -> None:
    task = box.create("grok", "grok-video-3", life=Life.ready())
    first = client.get(f"/v1/videos/{task}").json()
    clock.now += 77
    assert client.get(f"/v1/videos/{task}").json() == first


def test_asking_again_gives_a_fresh_link(box: Box, client: httpx.Client, anyone: httpx.Client, clock: Clock) -> None:
    task = box.create("doubao", "doubao-seedance-2-0", life=replace(Life.ready(left=500), link_lives=20))
    link = str(client.get(f"/v1/videos/{task}").json()["video_url"])
    assert anyone.get(link).status_code == 200
    clock.now += 21
    assert anyone.get(link).status_code == 403
    fresh = str(client.get(f"/v1/videos/{task}").json()["video_url"])
    assert fresh != link
    assert link_deadline(fresh) == link_deadline(link) == NOW + 500
    assert anyone.get(fresh).status_code == 200
    clock.now = NOW + 500
    late = str(client.get(f"/v1/videos/{task}").json()["video_url"])
    assert anyone.get(late).status_code == 403


def test_a_dead_link_leaves_content(box: Box, client: httpx.Client, anyone: httpx.Client) -> None:
    task = box.create("grok", "grok-video-3", life=replace(Life.ready(), link_works=False))
    link = client.get(f"/v1/videos/{task}").json()["output"]["url"]
    assert anyone.get(link).status_code == 404
    assert client.get(f"/v1/videos/{task}/content").headers["content-type"] == "video/mp4"


def test_the_file_is_a_whole_video_of_the_size_wanted(box: Box, client: httpx.Client, anyone: httpx.Client) -> None:
    link = link_to(box, client, replace(Life.ready(), size=3_000_000))
    response = anyone.get(link)
    assert len(response.content) == int(response.headers["content-length"]) == 3_000_000
    assert box_kinds(response.content)[-1] == "free"


STRETCHES = (
    ("bytes=0-99", slice(0, 100)),
    ("bytes=1000-", slice(1000, None)),
    ("bytes=-50", slice(-50, None)),
    ("bytes=5-999999999", slice(5, None)),
)


@pytest.mark.parametrize("where", ["link", "content"])
def test_a_stretch_of_the_file(where: str, box: Box, client: httpx.Client, anyone: httpx.Client) -> None:
    task = box.create("sora", "sora-2", life=Life.ready())
    url = str(client.get(f"/v1/videos/{task}").json()["video_url"]) if where == "link" else f"/v1/videos/{task}/content"
    asker = anyone if where == "link" else client
    whole = asker.get(url)
    size = len(whole.content)
    for asked, stretch in STRETCHES:
        part = asker.get(url, headers={"Range": asked, "If-Range": whole.headers["etag"]})
        assert (part.status_code, part.headers["etag"]) == (206, whole.headers["etag"])
        assert part.content == whole.content[stretch]
        start, stop, _ = stretch.indices(size)
        assert part.headers["content-range"] == f"bytes {start}-{stop - 1}/{size}"
        changed = asker.get(url, headers={"Range": asked, "If-Range": '"another"'})
        assert (changed.status_code, len(changed.content)) == (200, size)


@pytest.mark.parametrize(("asked", "status"), [("bytes=999999999-", 416), ("pages=1", 200), ("bytes=-", 200)])
def test_a_stretch_that_makes_no_sense(
    asked: str, status: int, box: Box, client: httpx.Client, anyone: httpx.Client
) -> None:
    link = link_to(box, client, Life.ready())
    assert anyone.get(link, headers={"Range": asked}).status_code == status
    assert box.requests[-1].range == asked


def test_head_tells_the_size_and_sends_nothing(box: Box, client: httpx.Client) -> None:
    task = box.create("sora", "sora-2", life=replace(Life.ready(), size=500_000))
    response = client.head(f"/v1/videos/{task}/content")
    assert (response.status_code, response.headers["content-length"], response.content) == (200, "500000", b"")


def test_content_of_the_newer_kind(box: Box, client: httpx.Client, clock: Clock) -> None:
    task = box.create("sora", "sora-2", life=Life.underway(50, 10))
    assert client.get(f"/v1/videos/{task}/content").status_code == 400
    assert client.get(f"/v1/videos/{task}/content", headers={"Authorization": "no"}).status_code == 401
    assert client.get("/v1/videos/video_nobody/content").status_code == 404
    clock.now += 11
    assert client.get(f"/v1/videos/{task}/content").status_code == 200
    clock.now += 3600
    response = client.get(f"/v1/videos/{task}/content")
    assert (response.status_code, response.json()["error"]["code"]) == (410, "artifact_gone")


def test_content_of_the_older_kind(box: Box, client: httpx.Client, clock: Clock) -> None:
    task = box.create("veo", "veo3.1", life=replace(Life.ready(left=60), size=400_000))
    url = f"/v1/videos/{task}/content"
    response = client.get(url, headers={"Range": "bytes=100-"})
    assert (response.status_code, len(response.content)) == (200, 400_000)
    assert response.headers["content-type"] == "application/octet-stream"
    assert "content-length" not in response.headers
    assert client.head(url).status_code == 404
    clock.now += 60
    assert client.get(url).status_code == 502


def test_content_that_leads_elsewhere(box: Box, client: httpx.Client, anyone: httpx.Client) -> None:
    redirected = box.create("doubao", "doubao-seedance-2-0", life=Life.ready())
    response = client.get(f"/v1/videos/{redirected}/content")
    assert response.status_code == 302
    assert anyone.get(response.headers["location"]).status_code == 200
    told = box.create("unified", "kling-v3", life=replace(Life.ready(), content=ContentStyle.JSON))
    body = client.get(f"/v1/videos/{told}/content").json()
    assert anyone.get(body["url"]).headers["content-type"] == "video/mp4"


def test_a_link_that_is_cut_off_can_be_resumed(box: Box, client: httpx.Client, anyone: httpx.Client) -> None:
    link = link_to(box, client, replace(Life.ready(), cut_at=100_000))
    got = b""
    with anyone.stream("GET", link) as response, suppress(httpx.RemoteProtocolError):
        size = int(response.headers["content-length"])
        for piece in response.iter_raw():
            got += piece
    assert len(got) == 100_000
    rest = anyone.get(link, headers={"Range": "bytes=100000-"}).content
    assert len(box_kinds(got + rest)) > 2
    assert len(got + rest) == size


def test_nothing_is_compressed_on_the_way(box: Box, client: httpx.Client, anyone: httpx.Client) -> None:
    response = anyone.get(link_to(box, client, Life.ready()), headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in response.headers
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(response.content)


def test_only_get_and_head_on_links(box: Box, client: httpx.Client, anyone: httpx.Client) -> None:
    link = link_to(box, client, Life.ready())
    assert anyone.post(link).status_code == 405
    assert anyone.head(link).status_code == 200
    assert anyone.get(box.files_url + "/").status_code == 403


def test_links_of_another_seed_are_not_ours(box: Box, client: httpx.Client) -> None:
    path, _, query = link_to(box, client, Life.ready()).removeprefix(box.files_url).partition("?")
    assert read_link(path, query, b"another secret") is None
