"""Serving the sandbox on loopback: in a thread beside tests and the demo, or until interrupted.

Belongs here: the socket, the thread and their end.
"""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from extractors.sandbox.app import build_app
from extractors.sandbox.exchange import SandboxState
from extractors.sandbox.recordings import recorded_world

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator
    from datetime import date

    from extractors.sandbox.faults import FaultBook
    from extractors.sandbox.world import World

HOST = "127.0.0.1"
"""The sandbox never listens anywhere else: it has no login."""

_START_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox.

    Attributes:
        url: Base address, e.g. `http://127.0.0.1:40123`.
        state: World, faults, windows and call counts, open to tests.
    """

    url: str
    state: SandboxState

    @property
    def world(self) -> World:
        """The world it serves."""
        return self.state.world

    @property
    def days(self) -> list[date]:
        """The days the world has snapshots of, in order."""
        return self.state.world.days()

    @property
    def faults(self) -> FaultBook:
        """The faults in force."""
        return self.state.faults

    @property
    def calls(self) -> Counter[str]:
        """`<platform> <endpoint>` -> calls so far."""
        return self.state.calls


@contextmanager
def serve(port: int = 0, world: World | None = None) -> Iterator[Sandbox]:
    """Serve the sandbox from a thread of this process for the length of a `with` block.

    Args:
        port: Loopback port; 0 takes a free one.
        world: What to serve; the bundled recordings when None.

    Raises:
        OSError: when the port is taken.
    """
    state = SandboxState(recorded_world() if world is None else world)
    listener = _listen(port)
    server = _server(state)
    address = f"{HOST}:{listener.getsockname()[1]}"
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name=f"sandbox {address}", daemon=True
    )
    thread.start()
    try:
        yield Sandbox(f"http://{address}", state)
    finally:
        server.should_exit = True
        thread.join(_START_SECONDS)
        listener.close()


def run(port: int = 8765) -> None:
    """Serve the bundled recordings in the foreground until interrupted (Ctrl-C).

    Raises:
        OSError: when the port is taken.
    """
    with _listen(port) as listener:
        _server(SandboxState(recorded_world())).run(sockets=[listener])


def _listen(port: int) -> socket.socket:
    """Open the port before the server starts: clients may connect at once and wait their turn."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _server(state: SandboxState) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            build_app(state),
            lifespan="off",
            ws="none",
            access_log=False,
            log_config=None,
            log_level="critical",  # faults break answers off on purpose
            timeout_graceful_shutdown=1,
        )
    )
