"""The platforms' APIs served on loopback, over a replayed world, with faults on demand.

`serve()` runs it beside a test or the demo, `run()` or `python -m extractors.sandbox` in the
foreground. Names are imported when used: reading a world needs no web server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from extractors.sandbox.faults import Fault, FaultBook, FaultKind
    from extractors.sandbox.server import Sandbox, run, serve

__all__ = ["Fault", "FaultBook", "FaultKind", "Sandbox", "run", "serve"]

_HOMES = {
    "Fault": "faults",
    "FaultBook": "faults",
    "FaultKind": "faults",
    "Sandbox": "server",
    "run": "server",
    "serve": "server",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
