"""How a command says no: one message on stderr and an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pathlib import Path


def fail(message: str, code: int = 1) -> typer.Exit:
    """Say what went wrong on stderr and return the exit to raise."""
    typer.echo(message, err=True)
    return typer.Exit(code)


def unwritten(error: Exception, file: Path) -> str:
    """Return the message for a file that could not be brought in: full, read-only, in the way."""
    if not isinstance(error, OSError):
        return str(error)
    return (
        f"{error.filename or file} cannot be used ({error.strerror}). Parts that had landed are "
        f"whole. Run: effektanalys doctor, then: effektanalys import {file}"
    )
