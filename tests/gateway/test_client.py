import socket

import pytest

from octotui.gateway.client import GatewayClient
from octotui.gateway.errors import GatewayError, KeyRefused, NetworkError, RateLimited, RequestError
from octotui.gateway.parsing.task_answer import MAX_BODY
from octotui.model import TaskState
from tests.support.gateway import Reply, gateway

RUNNING = {"id": "video_1", "object": "video", "status": "processing", "progress": 42}


@pytest.mark.parametrize(
    ("route", "path"),
    [
        ("videos", "/v1/videos/video_1"),
        ("query", "/v1/video/query?id=video_1"),
        ("generations", "/v1/video/generations/video_1"),
    ],
)
@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
async def test_each_route_is_asked_as_its_document_says_whatever_the_base_url_ends_with(
    route: str, path: str, suffix: str
) -> None:
    with gateway(lambda _: Reply(RUNNING)) as server:
        async with GatewayClient(server.base_url + suffix, "sk-test") as client:
            answer, raw = await client.ask("video_1", route)
    assert (answer.state, answer.progress) == (TaskState.RUNNING, 42)
    assert '"progress": 42' in raw
    [(asked, headers)] = server.requests
    assert asked == path
    assert headers["Authorization"] == "Bearer sk-test"


async def test_connections_are_kept_and_not_more_than_allowed() -> None:
    with gateway(lambda _: Reply(RUNNING)) as server:
        async with GatewayClient(server.base_url, "k", connections=1) as client:
            for _ in range(5):
                await client.ask("video_1", "videos")
    assert len(server.requests) == 5


async def test_a_body_larger_than_the_bound_is_not_read_to_its_end() -> None:
    huge = Reply(b" " * (MAX_BODY + 2**20))
    with gateway(lambda _: huge) as server:
        async with GatewayClient(server.base_url, "k") as client:
            with pytest.raises(GatewayError, match="larger than 8 MiB"):
                await client.ask("video_1", "videos")


async def test_a_gateway_that_is_not_there_is_a_network_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with GatewayClient(f"http://127.0.0.1:{taken.getsockname()[1]}", "k") as client:
            with pytest.raises(NetworkError):
                await client.ask("video_1", "videos")


async def test_a_gateway_that_says_nothing_times_out() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        async with GatewayClient(f"http://127.0.0.1:{silent.getsockname()[1]}", "k", timeout=0.1) as client:
            with pytest.raises(NetworkError, match="no answer within"):
                await client.ask("video_1", "videos")


async def test_errors_come_as_what_they_are() -> None:
    replies = {
        "/v1/videos/a": Reply({"error": {"message": "no"}}, 401),
        "/v1/videos/b": Reply("", 429, {"Retry-After": "17"}),
    }
    with gateway(lambda path: replies[path]) as server:
        async with GatewayClient(server.base_url, "k") as client:
            with pytest.raises(KeyRefused):
                await client.ask("a", "videos")
            with pytest.raises(RateLimited) as caught:
                await client.ask("b", "videos")
    assert caught.value.retry_after == 17


async def test_a_redirect_to_another_host_is_never_followed_with_the_key() -> None:
    with gateway(lambda _: Reply(RUNNING)) as other:
        away = Reply("", 302, {"Location": f"{other.base_url}/v1/videos/a"})
        with gateway(lambda _: away) as server:
            async with GatewayClient(server.base_url, "k") as client:
                with pytest.raises(GatewayError, match="another host"):
                    await client.ask("a", "videos")
    assert other.requests == []


async def test_a_redirect_within_the_gateway_is_followed_and_a_circle_is_not() -> None:
    replies = {
        "/v1/videos/a": Reply("", 307, {"Location": "/v1/videos/b"}),
        "/v1/videos/b": Reply(RUNNING),
        "/v1/videos/c": Reply("", 307, {"Location": "/v1/videos/c"}),
    }
    with gateway(lambda path: replies[path]) as server:
        async with GatewayClient(server.base_url, "k") as client:
            answer, _ = await client.ask("a", "videos")
            assert answer.progress == 42
            with pytest.raises(GatewayError, match="circles"):
                await client.ask("c", "videos")


QUOTA = {"code": True, "data": {"name": "k", "total_granted": 400, "total_available": 300, "unlimited_quota": False}}


async def test_quota_is_read_and_its_absence_is_no_complaint() -> None:
    replies = [Reply(QUOTA), Reply("<html>", 404), Reply('{"message": "no route"}', 404), Reply("[]"), Reply("{")]
    with gateway(lambda _: replies.pop(0)) as server:
        async with GatewayClient(server.base_url, "k") as client:
            quota = await client.quota()
            assert quota is not None
            assert quota.left == 0.75
            assert not quota.is_used_up
            for _ in range(4):
                assert await client.quota() is None
    assert set(server.paths()) == {"/api/usage/token/"}


@pytest.mark.parametrize("status", [200, 401, 403, 429, 500, 502])
async def test_a_quota_that_is_not_told_this_time_is_told_from_one_that_never_is(status: int) -> None:
    with gateway(lambda _: Reply('{"success": false, "message": "later"}', status)) as server:
        async with GatewayClient(server.base_url, "k") as client:
            with pytest.raises(RequestError, match=f"HTTP {status}"):
                await client.quota()
    async with GatewayClient(server.base_url, "k") as client:
        with pytest.raises(NetworkError):
            await client.quota()


async def test_the_proxy_of_the_configuration_and_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with gateway(lambda _: Reply(RUNNING)) as proxy:
        async with GatewayClient("http://gateway.invalid", "k", proxy=proxy.base_url) as client:
            await client.ask("a", "videos")
        monkeypatch.setenv("HTTP_PROXY", proxy.base_url)
        async with GatewayClient("http://gateway.invalid", "k") as client:
            await client.ask("b", "videos")
    assert proxy.paths() == ["http://gateway.invalid/v1/videos/a", "http://gateway.invalid/v1/videos/b"]
