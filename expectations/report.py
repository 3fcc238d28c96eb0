"""The gate report: what was checked, what failed, which rows, and what to do about it.

Belongs here: one static page for people. It asks nothing of any other host, so that opening it
tells nobody; Great Expectations' own pages load from nine.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from expectations.receipt import write_atomically

if TYPE_CHECKING:
    from expectations.gate import GateResult

_TEMPLATES = Path(__file__).with_name("templates")


def write_report(result: GateResult, path: Path) -> None:
    """Write the report of a gate's run, whole or not at all."""
    write_atomically(path, render_report(result))


def render_report(result: GateResult) -> str:
    """Return the report as one HTML page without outside references."""
    receipt = result.receipt
    return _template().render(
        result=result,
        receipt=receipt,
        created_at=receipt.created_at.astimezone(ZoneInfo(receipt.timezone)),
        row_count=sum(
            part.row_count for parts in receipt.digests.values() for part in parts.values()
        ),
    )


@lru_cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("gate_report.html.j2")
