from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.config import value_readers
from octotui.config.setting_type import Setting
from octotui.config.settings_table import SETTINGS
from octotui.config.value_readers import Surroundings

HERE = Surroundings(folder=Path("/etc/octotui"), home=Path("/home/ann"))


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (10, 10.0),
        (2.5, 2.5),
        ("30m", 1800.0),
        ("1h 30m", 5400.0),
        ("1h30m", 5400.0),
        ("24H", 86400.0),
        ("2d", 172800.0),
        ("90 s", 90.0),
        ("500ms", 0.5),
        ("5min", 300.0),
    ],
)
def test_durations_have_units(written: object, seconds: float) -> None:
    assert value_readers.read_duration(written) == seconds


@pytest.mark.parametrize(
    "written", ["", "  ", "m", "10 x", "10m later", "later 10m", -1, True, None, float("nan"), 1e300]
)
def test_what_is_no_duration_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="must be"):
        value_readers.read_duration(written)


@pytest.mark.parametrize(
    ("written", "size"),
    [(0, 0), (1234, 1234), ("2GB", 2 * 10**9), ("2 gb", 2 * 10**9), ("1.5KiB", 1536), ("1TiB", 2**40), ("7b", 7)],
)
def test_sizes_have_decimal_and_binary_units(written: object, size: int) -> None:
    assert value_readers.read_size(written) == size


@pytest.mark.parametrize("written", ["2", "GB", "2GBs", "5ib", "-1GB", -1, 1.5, True, None, 10**30, [1]])
def test_what_is_no_size_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="must be a size"):
        value_readers.read_size(written)


@pytest.mark.parametrize(("written", "rate"), [("10MB/s", 10**7), ("1MiB / sec", 2**20), ("5kB", 5000), (9, 9)])
def test_rates_may_say_per_second(written: object, rate: int) -> None:
    assert value_readers.read_rate(written) == rate


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="leave the setting out"):
        value_readers.read_rate("0MB/s")


@pytest.mark.parametrize(
    ("written", "path"),
    [("~/a", "/home/ann/a"), ("~", "/home/ann"), ("/b", "/b"), ("c/d", "/etc/octotui/c/d"), (" /b ", "/b")],
)
def test_paths_count_from_home_or_from_the_file(written: str, path: str) -> None:
    assert value_readers.read_path(written, HERE) == Path(path)


@pytest.mark.parametrize("written", ["~bob/x", "", "a\0b", 5])
def test_what_is_no_path_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="must"):
        value_readers.read_path(written, HERE)


@pytest.mark.parametrize(
    "written",
    ["{nothing}.mp4", "{id", "id}.mp4", "/abs/{id}.mp4", "../{id}.mp4", "a/{id}/", "{id!r}", "{id:>9}", "{id.x}", "{}"],
)
def test_templates_that_lead_astray_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"field|brace|below download_dir"):
        value_readers.read_template(written)


def test_a_template_may_use_every_field() -> None:
    text = "/".join(f"{{{field}}}" for field in value_readers.TEMPLATE_FIELDS) + ".mp4"
    assert value_readers.read_template(text) == text


@pytest.mark.parametrize(("written", "proxy"), [("http://p:1", "http://p:1"), ("p:3128", "http://p:3128")])
def test_proxies(written: str, proxy: str) -> None:
    assert value_readers.read_proxy(written) == proxy


@pytest.mark.parametrize("written", ["ftp://ann:secretpass@p:1", "http://ann:secretpass@", "http://ann:secretpass@p:x"])
def test_a_wrong_proxy_is_refused_without_its_password(written: str) -> None:
    with pytest.raises(ValueError, match="must be the URL") as caught:
        value_readers.read_proxy(written)
    assert "secretpass" not in str(caught.value)


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(list(SETTINGS.values())), _ANYTHING)
def test_a_setting_reads_anything_or_says_what_is_right(setting: Setting, written: object) -> None:
    try:
        value = setting.read(written, HERE)
    except ValueError as error:
        message = str(error)
    else:
        message = f"must not be None: {value!r}"
        assert value is not None
    assert "must" in message or "brace" in message or "field" in message


def test_hosts_are_names_and_addresses_without_a_port() -> None:
    hosts = ["10.0.0.7", "Media.lan", "fd12::7", "_odd-name.example"]
    assert value_readers.read_hosts(hosts) == ("10.0.0.7", "media.lan", "fd12::7", "_odd-name.example")


@pytest.mark.parametrize("written", ["media.lan", ["http://media.lan"], ["media.lan:80"], ["a/b"], [""], [7], ["a b"]])
def test_what_is_no_list_of_hosts_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="must be a list of host names"):
        value_readers.read_hosts(written)


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("s3://renders", "s3://renders"),
        (" s3://renders/octotui/ ", "s3://renders/octotui"),
        ("gs://b.example/a//b/", "gs://b.example/a/b"),
        ("az://container/x y", "az://container/x y"),
        ("file:///mnt/results/", "file:///mnt/results"),
    ],
)
def test_a_place_to_deliver_to_is_a_url_without_a_slash_at_its_end(written: str, url: str) -> None:
    assert value_readers.read_storage(written) == url


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("renders/octotui", 's3://bucket/prefix"; also gs://, az:// and file:///folder'),
        ("https://bucket.example/x", "s3://bucket/prefix"),
        ("s3:/bucket", "s3://bucket/prefix"),
        ("s3://", "must name a bucket"),
        ("s3:///prefix", "must name a bucket"),
        ("gs://bucket/../c", "neither . nor .."),
        ("file://server/x", "a folder from the root"),
        ("file:///", "a folder from the root"),
        ("s3://bucket/x?versionId=1", "bucket and prefix alone"),
    ],
)
def test_what_is_no_place_to_deliver_to_is_refused_with_what_is_right(written: str, right: str) -> None:
    with pytest.raises(ValueError, match=re.escape(right)):
        value_readers.read_storage(written)


def test_credentials_in_a_url_are_refused_without_repeating_them() -> None:
    with pytest.raises(ValueError, match="credentials come from the environment") as refused:
        value_readers.read_storage("s3://AKIAEXAMPLE:secretpass@bucket/prefix")
    assert "secretpass" not in str(refused.value)


@pytest.mark.parametrize(
    ("written", "seconds"), [("always", math.inf), ("until_delivered", 0.0), ("7d", 604800.0), (60, 60.0)]
)
def test_how_long_local_files_stay(written: object, seconds: float) -> None:
    assert value_readers.read_keeping(written) == seconds


@pytest.mark.parametrize("written", ["never", "", True, None, "7 moons", ["always"]])
def test_another_word_about_local_files_is_refused_with_those_there_are(written: object) -> None:
    with pytest.raises(ValueError, match='"always", "until_delivered", or a time'):
        value_readers.read_keeping(written)
