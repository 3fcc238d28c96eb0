"""What one measurement is. CPU seconds, because the machines that measure are shared."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run of one reader.

    Attributes:
        wall: Seconds on the wall.
        cpu: CPU seconds of the process, its threads included.
        accounts: Profiles read.
        pace: The least time the platform's pace allows, as a share of the time taken; None where
            it tells no pace, or the run was too short to meet it.
    """

    wall: float
    cpu: float
    accounts: int
    pace: float | None = None

    @property
    def speed(self) -> float:
        """Accounts a CPU second."""
        return self.accounts / self.cpu


def own_cpu() -> float:
    """Return the CPU seconds this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What one process needed.

    Attributes:
        wall: Seconds on the wall.
        cpu: CPU seconds, its own and its children's.
        memory: Most resident memory at once, MB; of the largest process where there were several.
    """

    wall: float
    cpu: float
    memory: float


class ChildFailed(RuntimeError):
    """A measured process failed; the message ends with its own last words."""


def child(command: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> tuple[Used, str]:
    """Run a command to its end, return what it needed and what it printed.

    Raises:
        ChildFailed: when it does not end well.
    """
    with tempfile.TemporaryFile("w+") as printed:
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=cwd, env=dict(environment), stdout=printed, stderr=subprocess.STDOUT
        )
        _, status, spent = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        used = Used(
            wall=time.monotonic() - began,
            cpu=spent.ru_utime + spent.ru_stime,
            memory=spent.ru_maxrss / 1024,
        )
        printed.seek(0)
        words = printed.read()
    if process.returncode:
        raise ChildFailed(f"{' '.join(command[:6])} ...: {words.strip()[-2000:]}")
    return used, words


def peak_memory() -> float:
    """Return the most resident memory this process has had at once, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
