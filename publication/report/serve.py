"""Looking at a release's report on loopback.

Belongs here: where a report lies, and serving it. The files open as well without a server.
"""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from publication.errors import ReleaseRefused
from publication.manifest import CURRENT, find_release
from publication.report.site import FIRST_PAGE

if TYPE_CHECKING:
    from pathlib import Path


def report_page(releases: Path, release: str = CURRENT) -> Path:
    """Return the first page of a release's report.

    Args:
        releases: The folder of releases.
        release: `current`, or e.g. `2026-Q2/r1`.

    Raises:
        ReleaseRefused: when there is no such release, or it was published without a report.
    """
    name = find_release(releases, release)
    page = name.folder(releases) / FIRST_PAGE
    if not page.exists():
        raise ReleaseRefused(
            f"{name} has no report.",
            where=str(page),
            next_command=f"publish a revision: effektanalys release publish {name.quarter}",
        )
    return page


def report_server(page: Path, port: int) -> tuple[ThreadingHTTPServer, str]:
    """Return a server of a report's release on loopback, and the page's address.

    The whole release is served, so that the links to its downloads work.
    """
    folder = page.parents[len(FIRST_PAGE.split("/")) - 1]
    handler = partial(_Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    return server, f"http://127.0.0.1:{server.server_address[1]}/{FIRST_PAGE}"


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing on the terminal."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's name
        """Say nothing."""
