"""Whole runs without a socket: what the sandbox answered is kept, and served again with a change.

Belongs here: keeping and serving answers below the HTTP client, and the ways in which one field
of an answer goes bad. Does not belong here: what must hold then (`tests/faults`).
"""

from __future__ import annotations

import contextlib
import gzip
import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

REAL = httpx.AsyncHTTPTransport.handle_async_request
DEEP = b"[" * 10_000 + b"]" * 10_000
MISSING = b""
WAYS: dict[str, bytes] = {
    "missing": MISSING,
    "null": b"null",
    "a number in words": b'"12K"',
    "yes": b"true",
    "half": b"12345.5",
    "beyond 64 bits": str(2**63).encode(),
    "huge": str(10**30).encode(),
    "negative": b"-1",
    "not a number": b"NaN",
    "infinite": b"-Infinity",
    "nested without end": DEEP,
    "no UTF-8": b'"\xff\xfe\xc3"',
    "half a character": b'"\\ud800"',
    "an empty object": b"{}",
    "an empty list": b"[]",
    "a page in HTML": b'"<!doctype html><title>Log in</title>"',
}
"""What stands in place of a field, in the bytes of the answer."""

Place = tuple[str | int, ...]


@dataclass
class Answers:
    """Answers by request, in the order they came."""

    kept: dict[bytes, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    changed: dict[bytes, bytes] = field(default_factory=dict)
    unexpected: int = 0

    @contextlib.contextmanager
    def noted(self, patch) -> Iterator[None]:
        """Keep what is answered meanwhile."""

        async def ask(transport, request):
            response = await REAL(transport, request)
            packed = b"".join([part async for part in response.stream])
            await response.aclose()
            is_packed = response.headers.get("content-encoding") == "gzip"
            body = gzip.decompress(packed) if is_packed else packed
            headers = {"content-type": response.headers["content-type"]}
            if "link" in response.headers:
                headers["link"] = response.headers["link"]
            self.kept[_key(request)] = (response.status_code, headers, body)
            return _response(response.status_code, headers, body)

        with patch.context() as patched:
            patched.setattr(httpx.AsyncHTTPTransport, "handle_async_request", ask)
            yield

    @contextlib.contextmanager
    def served(self, patch) -> Iterator[None]:
        """Answer from what was kept, with `changed` in place of some; nothing else is reached."""

        async def ask(transport, request):
            key = _key(request)
            status, headers, body = self.kept.get(key, (404, {"content-type": "text/plain"}, b""))
            self.unexpected += key not in self.kept
            return _response(status, headers, self.changed.get(key, body))

        with patch.context() as patched:
            patched.setattr(httpx.AsyncHTTPTransport, "handle_async_request", ask)
            yield

    def fields(self) -> list[tuple[bytes, Place, object]]:
        """Return one place of every field of every kind of answer: request, path, value."""
        found: dict[tuple[str, Place], tuple[bytes, Place, object]] = {}
        for key, (_, _, body) in self.kept.items():
            endpoint = key.split(b"?")[0].decode()
            if not body:
                continue
            for path, value in _walk(json.loads(body)):
                shape = tuple("[]" if isinstance(step, int) else step for step in path)
                found.setdefault((endpoint, shape), (key, path, value))
        return list(found.values())


def _response(status: int, headers: dict[str, str], body: bytes) -> httpx.Response:
    """Return a response that can still be streamed, as the client does."""
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


def _key(request: httpx.Request) -> bytes:
    return b"%b %b %b" % (request.method.encode(), request.url.raw_path, request.content)


def _walk(value: object, path: Place = ()) -> Iterator[tuple[Place, object]]:
    if path:
        yield path, value
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for name, part in inner:
        yield from _walk(part, (*path, name))


def spoilt(body: bytes, path: Place, literal: bytes) -> bytes:
    """Return an answer with other bytes in place of one field, or without it."""
    whole = json.loads(body)
    holder = whole
    for step in path[:-1]:
        holder = holder[step]
    if literal is MISSING:
        del holder[path[-1]]
        return json.dumps(whole).encode()
    mark = f"@@{random.Random(0).random()}@@"
    holder[path[-1]] = mark
    return json.dumps(whole).encode().replace(json.dumps(mark).encode(), literal)
