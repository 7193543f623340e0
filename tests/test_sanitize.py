from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octotui.redaction import mask_secrets, mask_url
from octotui.sanitize import clean


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain text, 你好 👩‍👩‍👧 é", "plain text, 你好 👩‍👩‍👧 é"),
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("a\tb\r\nc\x00\x7f", "a␉b␍␊c␀␡"),
        ("\x9b31m\x85", "<U+009B>31m<U+0085>"),
        ("\u202egpj\u2066\u200e\u061c", "<U+202E>gpj<U+2066><U+200E><U+061C>"),
        ("\ud83d|\udc00", "<U+D83D>|<U+DC00>"),
        ("a\u2028b\u2029", "a<U+2028>b<U+2029>"),
        ("\ufeff\u200b\U000e0041", "<U+FEFF><U+200B><U+E0041>"),
        ("", ""),
    ],
)
def test_what_a_terminal_would_obey_is_made_visible(raw: str, shown: str) -> None:
    assert clean(raw) == shown


@pytest.mark.parametrize(("limit", "shown"), [(0, ""), (1, "…"), (3, "ab…"), (5, "abcde"), (6, "abcde")])
def test_length_is_bounded(limit: int, shown: str) -> None:
    assert clean("abcde", limit) == shown


ANY_TEXT = st.text(st.characters(), max_size=60)


@settings(deadline=None)
@given(ANY_TEXT, st.integers(0, 40))
def test_cleaned_text_is_short_printable_and_stays_as_it_is(raw: str, limit: int) -> None:
    shown = clean(raw, limit)
    assert len(shown) <= limit
    assert clean(shown, limit) == shown
    shown.encode("utf-8")
    assert not any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in shown)
    assert not any(character in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2028\u2029" for character in shown)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h/a.mp4?b=1#t", "https://h/a.mp4?b=1#t"),
        (
            "https://h/a?X-Amz-Date=20260921T141320Z&X-Amz-Signature=ab12&x=1",
            "https://h/a?X-Amz-Date=20260921T141320Z&X-Amz-Signature=…&x=1",
        ),
        (
            "https://h/a?X-Amz-Credential=AK%2F1&X-Amz-Security-Token=t",
            "https://h/a?X-Amz-Credential=…&X-Amz-Security-Token=…",
        ),
        ("https://h/a?se=2026-09-21T14%3A04%3A21Z&sig=a%2Bb%3D", "https://h/a?se=2026-09-21T14%3A04%3A21Z&sig=…"),
        ("https://h/a?X%2DTos%2DSignature=ab&X-Tos-Expires=5", "https://h/a?X%2DTos%2DSignature=…&X-Tos-Expires=5"),
        ("https://h/a?OSSAccessKeyId=k&Expires=5&Signature=s", "https://h/a?OSSAccessKeyId=…&Expires=5&Signature=…"),
        ("https://h/a?q-ak=k&q-signature=s", "https://h/a?q-ak=…&q-signature=…"),
        (
            "https://h/a?Policy=p&Key-Pair-Id=k&token=t&key=k&auth_key=1",
            "https://h/a?Policy=…&Key-Pair-Id=…&token=…&key=…&auth_key=…",
        ),
        ("https://user:pass@h/a", "https://…@h/a"),
    ],
)
def test_a_masked_url_keeps_its_shape_and_loses_its_secrets(url: str, shown: str) -> None:
    assert mask_url(url) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (
            r'{"u":"https://h/a?x=1\u0026X-Tos-Signature=ab12\u0026y=2"}',
            r'{"u":"https://h/a?x=1\u0026X-Tos-Signature=…\u0026y=2"}',
        ),
        (r'{"u":"https:\/\/u:p@h\/a?sig=a%2Bb"}', r'{"u":"https:\/\/…@h\/a?sig=…"}'),
        ('<a href="https://h/a?x=1&amp;sig=ab">', '<a href="https://h/a?x=1&amp;sig=…">'),
        ("key sk-abcDEF123456 refused", "key sk-… refused"),
        ("Authorization: Bearer abc.def, retry", "Authorization: Bearer …, retry"),
        ('{"api_key": "secret", "token":"t", "total_tokens": 5}', '{"api_key": "…", "token":"…", "total_tokens": 5}'),
        ("two https://h/a?sig=1 and https://h/b?sig=2.", "two https://h/a?sig=… and https://h/b?sig=…"),
        ("nothing to hide: risk-averse design=1", "nothing to hide: risk-averse design=1"),
    ],
)
def test_a_raw_answer_loses_every_signature_and_key(raw: str, shown: str) -> None:
    assert mask_secrets(raw) == shown
