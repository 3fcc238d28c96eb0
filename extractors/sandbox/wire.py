"""How an answer goes out: whole, packed, late, or broken in one of the ways networks break.

Belongs here: bytes and headers. Does not belong here: when that happens (`faults.py`).
"""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse

from extractors.sandbox.faults import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.requests import Request

PACK_FROM_BYTES = 500
HTML_PAGE = (
    "<!doctype html><html><head><title>Log in</title></head><body>Please log in</body></html>"
)


class BrokenOff(RuntimeError):
    """Raised inside an answer to make the server drop the connection."""


def answer_json(
    request: Request, status: int, body: object, headers: Mapping[str, str]
) -> Response:
    """Return a whole JSON answer, packed when the client asked for gzip."""
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    sent = dict(headers)
    if "gzip" in request.headers.get("accept-encoding", "") and len(content) >= PACK_FROM_BYTES:
        content = gzip.compress(content, compresslevel=1)
        sent["content-encoding"] = "gzip"
    return Response(content, status, sent, media_type="application/json")


async def answer_broken(
    fault: Fault, status: int, body: object, headers: Mapping[str, str]
) -> Response | None:
    """Return the answer as the fault would have it, or None where the fault leaves it whole."""
    if fault.kind is FaultKind.SLOW:
        await asyncio.sleep(fault.seconds)
        return None
    breaker = _BREAKERS.get(fault.kind)
    if breaker is None:
        return None
    content = json.dumps(body, ensure_ascii=False).encode()
    return breaker(fault, status, content, dict(headers))


def _other_body(fault: Fault, status: int, _: bytes, headers: dict[str, str]) -> Response:
    return Response(str(fault.body or ""), status, headers, media_type=fault.content_type)


def _html(_: Fault, __: int, ___: bytes, headers: dict[str, str]) -> Response:
    return Response(HTML_PAGE, 200, headers, media_type="text/html")


def _half(_: Fault, status: int, content: bytes, headers: dict[str, str]) -> Response:
    """A body whose length is right and whose JSON ends too early."""
    return Response(content[: len(content) // 2], status, headers, media_type="application/json")


def _reset(_: Fault, status: int, content: bytes, headers: dict[str, str]) -> Response:
    sent = headers | {"content-length": str(len(content))}
    return StreamingResponse(_cut(content), status, sent, media_type="application/json")


def _dripping(fault: Fault, status: int, content: bytes, headers: dict[str, str]) -> Response:
    drops = _drip(content, fault.seconds)
    return StreamingResponse(drops, status, headers, media_type="application/json")


def _gzip_bomb(fault: Fault, _: int, __: bytes, headers: dict[str, str]) -> Response:
    sent = headers | {"content-encoding": "gzip"}
    return Response(_bomb(fault.megabytes), 200, sent, media_type="application/json")


def _redirect(fault: Fault, _: int, __: bytes, headers: dict[str, str]) -> Response:
    return Response(b"", 302, headers | {"location": fault.location})


_BREAKERS = {
    FaultKind.BODY: _other_body,
    FaultKind.HTML: _html,
    FaultKind.TRUNCATED: _half,
    FaultKind.RESET: _reset,
    FaultKind.DRIP: _dripping,
    FaultKind.GZIP_BOMB: _gzip_bomb,
    FaultKind.REDIRECT: _redirect,
}


async def _cut(content: bytes) -> AsyncIterator[bytes]:
    yield content[: len(content) // 2]
    raise BrokenOff


async def _drip(content: bytes, pause: float) -> AsyncIterator[bytes]:
    for place in range(len(content)):
        yield content[place : place + 1]
        await asyncio.sleep(pause)


def _bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    blank = b" " * 1_000_000
    return b"".join(packer.compress(blank) for _ in range(megabytes)) + packer.flush()
