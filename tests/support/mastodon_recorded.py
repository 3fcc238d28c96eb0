"""What a real Mastodon server answered Mastodon.py's own tests, and a loopback server of it.

Belongs here: fetching the recordings (MIT licence, in the source distribution alone), reading them
without any of the project's code, and replaying them. Nothing of them is kept in the repository.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import yaml

RELEASE = "mastodon.py==2.3.3"
SHA256 = "a3cda3db86d65809957c978aef8ac7fb3dfc93abfeda3f1c6bdef4c79090ab7b"
RECORDED_AT = "http://localhost:3000"


class Unavailable(Exception):
    """The package index did not give the release."""


@dataclass(frozen=True)
class Call:
    """One recorded request and its answer; `payload` is None where it was no JSON."""

    cassette: str
    method: str
    path: str
    query: dict[str, list[str]]
    status: int
    headers: dict[str, str]
    payload: object

    @property
    def is_lookup(self):
        return self.path.endswith("/accounts/lookup")

    @property
    def is_timeline(self):
        return self.path.endswith("/statuses") and "/api/v1/accounts/" in self.path


def download(folder):
    """Return the bytes of the source distribution.

    Raises:
        Unavailable: with the package installer's own words.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--no-binary", ":all:", "--no-build-isolation", "--dest", str(folder), RELEASE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    except subprocess.TimeoutExpired:
        raise Unavailable("no answer in two minutes") from None
    archives = list(folder.glob("*.tar.gz"))
    if not archives:
        words = done.stderr.strip().splitlines() or [f"pip ended with {done.returncode}"]
        raise Unavailable(words[-1])
    assert hashlib.sha256(archives[0].read_bytes()).hexdigest() == SHA256
    return archives[0]


def calls_of(archive):
    """Return every recorded call that holds an account or a status."""
    found = []
    with tarfile.open(archive) as files:
        for member in sorted(files.getnames()):
            folder, _, name = member.rpartition("/")
            if folder.endswith("tests/cassettes") and name.endswith(".yaml"):
                text = files.extractfile(member).read().decode()
                if "followers_count" in text or "accounts/lookup" in text:
                    recorded = yaml.load(text, Loader=yaml.CSafeLoader)
                    calls = recorded.get("interactions", [])
                    found += [_call(name.removesuffix(".yaml"), call) for call in calls]
    return found


def _call(cassette, call):
    address = urlsplit(call["request"]["uri"])
    response = call["response"]
    try:
        payload = json.loads(response["body"].get("string") or "")
    except ValueError:
        payload = None
    return Call(
        cassette=cassette,
        method=call["request"]["method"],
        path=address.path,
        query=parse_qs(address.query),
        status=response["status"]["code"],
        headers={name.lower(): values[0] for name, values in response["headers"].items()},
        payload=payload,
    )


def statuses_in(payload):
    """Yield every status anywhere in an answer."""
    if isinstance(payload, dict):
        if {"favourites_count", "content", "account"} <= payload.keys():
            yield payload
        for value in payload.values():
            yield from statuses_in(value)
    elif isinstance(payload, list):
        for value in payload:
            yield from statuses_in(value)


@contextmanager
def replayed(lookup, pages):
    """Serve one account on loopback and yield the address.

    Args:
        lookup: (status, headers, payload) of every lookup.
        pages: `max_id` of a page, None for the first -> (status, headers, payload). A page that
            is not there is empty, as a server gives the one after the last.
    """
    known = ("link", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            address = urlsplit(self.path)
            if address.path == "/mastodon/api/v1/accounts/lookup":
                status, headers, payload = lookup
            else:
                asked = parse_qs(address.query).get("max_id", [None])[0]
                status, headers, payload = pages.get(asked, (200, {}, []))
            body = json.dumps(payload).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            for name in known:
                if name in headers:
                    base = f"http://{self.headers['Host']}/mastodon"
                    self.send_header(name, headers[name].replace(RECORDED_AT, base))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
