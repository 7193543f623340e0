"""Result links as the clouds sign them, made and checked: six styles of signature, each with its own deadline words."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlencode

from octotui.demo.lifecycle import LinkStyle

if TYPE_CHECKING:
    from octotui.demo.provider_profiles import Render

PREFIX = "/signed/"
"""Where signed links live on the file host."""

_SIGNATURE_NAMES = {
    LinkStyle.AWS: "X-Amz-Signature",
    LinkStyle.GOOGLE: "X-Goog-Signature",
    LinkStyle.AZURE: "sig",
    LinkStyle.VOLCENGINE: "X-Tos-Signature",
    LinkStyle.ALIYUN: "Signature",
    LinkStyle.TENCENT: "q-signature",
    LinkStyle.PLAIN: "k",
}

_CLOUDS = {
    LinkStyle.AWS: ("X-Amz-", "AWS4-HMAC-SHA256", "auto/s3/aws4_request"),
    LinkStyle.GOOGLE: ("X-Goog-", "GOOG4-RSA-SHA256", "auto/storage/goog4_request"),
    LinkStyle.VOLCENGINE: ("X-Tos-", "TOS4-HMAC-SHA256", "cn-beijing/tos/request"),
}


@dataclass(slots=True, frozen=True)
class Ticket:
    """What a genuine link says about itself."""

    task_id: str
    style: LinkStyle
    signed_at: int
    deadline: int
    """Both unix seconds."""


def make_link(render: Render, now: float, *, files_url: str, secret: bytes) -> str:
    """A link to the result of `render` as it would be handed out at `now` (unix seconds).

    It stays the same from one ask to the next, so that nothing on a screen changes, unless the file host honours
    links for a shorter time than they promise (`Life.link_lives`).
    """
    signed_at = int(render.ended_at)
    if render.life.link_lives is not None and now < render.lost_at:
        step = max(1, int(render.life.link_lives / 4))
        signed_at = max(signed_at, int(now) // step * step)
    ticket = Ticket(render.id, render.link, signed_at, max(int(render.lost_at), signed_at + 1))
    name = quote(render.id, safe=":")
    path = f"{PREFIX}{ticket.style.value}/{signed_at:x}-{ticket.deadline:x}/{name}.mp4"
    query = urlencode(_parameters(ticket), quote_via=quote, safe=";")
    signature = quote(_sign(f"{path}?{query}", ticket.style, secret), safe="")
    joint = "&" if query else ""
    return f"{files_url}{path}?{query}{joint}{_SIGNATURE_NAMES[ticket.style]}={signature}"


def read_link(path: str, query: str, secret: bytes) -> Ticket | None:
    """The ticket of a link exactly as it was made; None for any other `path` and `query` (both raw, as requested)."""
    try:
        style_word, times, name = path.removeprefix(PREFIX).split("/")
        style = LinkStyle(style_word)
        signed_at, deadline = (int(word, 16) for word in times.split("-"))
        mark = _SIGNATURE_NAMES[style]
    except (ValueError, KeyError):
        return None
    said, _, signature = query.rpartition(f"{mark}=")
    genuine = _sign(f"{path}?{said.removesuffix('&')}", style, secret)
    if not hmac.compare_digest(genuine.encode(), unquote(signature).encode()):
        return None
    return Ticket(unquote(name.removesuffix(".mp4")), style, signed_at, deadline)


def _sign(text: str, style: LinkStyle, secret: bytes) -> str:
    digest = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    if style in {LinkStyle.AZURE, LinkStyle.ALIYUN}:
        return base64.b64encode(digest).decode()
    return digest.hex()


def _parameters(ticket: Ticket) -> dict[str, str]:
    begin, end = ticket.signed_at, ticket.deadline
    if ticket.style in _CLOUDS:
        prefix, algorithm, scope = _CLOUDS[ticket.style]
        stamp = datetime.fromtimestamp(begin, UTC).strftime("%Y%m%dT%H%M%SZ")
        return {
            f"{prefix}Algorithm": algorithm,
            f"{prefix}Credential": f"DEMO/{stamp[:8]}/{scope}",
            f"{prefix}Date": stamp,
            f"{prefix}Expires": str(end - begin),
            f"{prefix}SignedHeaders": "host",
        }
    if ticket.style is LinkStyle.AZURE:
        start, stop = (datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in (begin, end))
        return {"st": start, "se": stop, "sr": "b", "sp": "r", "sv": "2023-11-03"}
    if ticket.style is LinkStyle.ALIYUN:
        return {"Expires": str(end), "OSSAccessKeyId": "DEMO"}
    if ticket.style is LinkStyle.TENCENT:
        span = f"{begin};{end}"
        return {"q-sign-algorithm": "sha1", "q-ak": "DEMO", "q-sign-time": span, "q-key-time": span}
    return {}
