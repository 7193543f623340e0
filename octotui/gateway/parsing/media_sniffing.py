"""Whether the first bytes of a download are a video, or an error that came with a success status."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from octotui.gateway.parsing.error_answer import header

_BOXES: Final = (b"ftyp", b"moov", b"mdat", b"moof", b"styp", b"free", b"skip", b"wide")  # MP4 and QuickTime
_MAGIC: Final = (b"\x1a\x45\xdf\xa3", b"RIFF", b"OggS", b"FLV\x01", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"GIF8")
_TEXT_TYPES: Final = ("json", "html", "xml", "text/")
_MEDIA_TYPES: Final = ("video/", "audio/", "image/")
_MARKUP: Final = re.compile(rb"<(?:!|\?|html|head|body|title|script|center|error)", re.IGNORECASE)


def is_media(status: int, headers: Mapping[str, str], first_bytes: bytes) -> bool:
    """Tell media from text by its first bytes, by the content type where they say nothing.

    A part (206) can begin with any byte, so only its content type tells. Nothing at all is no media.
    """
    if not first_bytes:
        return False
    content_type = header(headers, "content-type").lower()
    said_text = any(word in content_type for word in _TEXT_TYPES)
    if status == 206:
        return not said_text
    if first_bytes[4:8] in _BOXES or first_bytes.startswith(_MAGIC):
        return True
    start = first_bytes.removeprefix(b"\xef\xbb\xbf").lstrip()
    if said_text or start[:1] in {b"", b"{", b"["} or _MARKUP.match(start):
        return False
    return start[:1] != b"<" or content_type.startswith(_MEDIA_TYPES)
