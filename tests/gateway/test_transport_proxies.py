from __future__ import annotations

import httpx
import pytest

from octotui.gateway.http.proxies import ProxyRules, proxy_rules

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def rules(monkeypatch: pytest.MonkeyPatch, configured: str | None = None, **environment: str) -> ProxyRules:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return proxy_rules(configured)


def chosen(made: ProxyRules, url: str) -> str | None:
    return made.proxy_for(httpx.URL(url))


def test_nothing_set_goes_straight(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen(rules(monkeypatch), "https://a.example/") is None


def test_each_scheme_has_its_own_and_all_is_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    made = rules(monkeypatch, https_proxy="http://secure:1", all_proxy="http://rest:2")
    assert chosen(made, "https://a.example/") == "http://secure:1"
    assert chosen(made, "http://a.example/") == "http://rest:2"


def test_a_configured_one_replaces_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    made = rules(monkeypatch, "http://mine:1", https_proxy="http://theirs:2", no_proxy="direct.example")
    assert chosen(made, "https://a.example/") == "http://mine:1"
    assert chosen(made, "https://direct.example/") is None


@pytest.mark.parametrize(
    ("entry", "url", "is_direct"),
    [
        ("example.com", "https://example.com/", True),
        ("example.com", "https://cdn.example.com/", True),
        ("example.com", "https://notexample.com/", False),
        (".example.com", "https://cdn.example.com/", True),
        ("*.example.com", "https://cdn.example.com/", True),
        ("EXAMPLE.com", "https://Example.COM/", True),
        ("example.com:8443", "https://example.com:8443/", True),
        ("example.com:8443", "https://example.com/", False),
        ("example.com:443", "https://example.com/", True),
        ("10.0.0.0/8", "http://10.1.2.3/", True),
        ("10.0.0.0/8", "http://11.1.2.3/", False),
        ("127.0.0.1", "http://127.0.0.1:8080/", True),
        ("::1", "http://[::1]:8080/", True),
        ("[::1]", "http://[::1]:8080/", True),
        ("fd00::/8", "http://[fd12::1]/", True),
        ("localhost", "http://localhost:1/", True),
        ("*", "http://anything.example/", True),
        (" a.example , b.example ", "https://b.example/", True),
        (",,", "https://a.example/", False),
        (".", "https://a.example/", False),
    ],
)
def test_no_proxy(monkeypatch: pytest.MonkeyPatch, entry: str, url: str, is_direct: bool) -> None:
    made = rules(monkeypatch, all_proxy="http://proxy:1", no_proxy=entry)
    assert (chosen(made, url) is None) is is_direct


def test_a_proxy_without_a_scheme_is_an_http_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen(rules(monkeypatch, "proxy.example:3128"), "https://a.example/") == "http://proxy.example:3128"


@pytest.mark.parametrize("proxy", ["http://", "://", "http://user:secret@"])
def test_what_is_no_url_is_refused_without_telling_it(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    with pytest.raises(ValueError, match="not a URL") as caught:
        rules(monkeypatch, proxy)
    assert "secret" not in str(caught.value)


def test_passwords_stay_out_of_reprs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "secret" not in repr(rules(monkeypatch, "http://user:secret@proxy:1"))
