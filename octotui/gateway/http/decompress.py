"""Decompression of bodies that come compressed although nobody asked for it, with bounded memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

_PLAIN = frozenset({"", "identity", "aws-chunked", "none", "utf-8", "binary"})
"""Encodings that mean none; object stores keep whatever word an upload carried."""
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
_BLOCK = 256 * 1024


class UnknownEncodingError(Exception):
    """A Content-Encoding that we did not ask for and cannot read."""


def is_packed(encoding: str) -> bool:
    """Whether a Content-Encoding means that the bytes must be unpacked. Raises `UnknownEncodingError`."""
    word = encoding.strip().lower()
    if word in _PLAIN:
        return False
    if word in _PACKED:
        return True
    raise UnknownEncodingError(encoding)


def unpacked(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what gzip, zlib or bare deflate `blocks` hold, in blocks of bounded size.

    Raises `zlib.error` for garbage, `EOFError` when the data ends before its own end.
    """
    inflater = None
    for block in blocks:
        data = block
        if inflater is None and data:
            # RFC 9110 means zlib by "deflate", many servers mean bare deflate; 0x1f begins gzip.
            bits = 47 if data[0] == 0x1F or data[0] & 0x0F == 8 else -15
            inflater = zlib.decompressobj(bits)
        while data and inflater is not None:
            piece = inflater.decompress(data, _BLOCK)
            if piece:
                yield piece
            if inflater.eof:
                return
            data = inflater.unconsumed_tail
    if inflater is not None and not inflater.eof:
        raise EOFError
