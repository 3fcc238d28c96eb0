"""How a command says no: one message on stderr and an exit code."""

from __future__ import annotations

import typer


def fail(message: str, code: int = 1) -> typer.Exit:
    """Say what went wrong on stderr and return the exit to raise."""
    typer.echo(message, err=True)
    return typer.Exit(code)
