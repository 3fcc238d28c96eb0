"""How publication says no."""

from __future__ import annotations


class ReleaseRefused(RuntimeError):
    """A release was not made, found or trusted.

    Args:
        what: What is the matter, in one sentence.
        where: The file, table or release that it is about.
        next_command: What to do about it.
    """

    def __init__(self, what: str, *, where: str, next_command: str) -> None:
        super().__init__(what)
        self.what, self.where, self.next_command = what, where, next_command

    def __str__(self) -> str:
        return f"{self.what}\n  where: {self.where}\n  next:  {self.next_command}"
