"""What one measurement is. CPU seconds, because the machines that measure are shared."""

from __future__ import annotations

import resource
from dataclasses import dataclass


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
