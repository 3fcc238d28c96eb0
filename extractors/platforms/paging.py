"""Reading page after page without ever going round in circles.

Belongs here: when a list of pages must end. Does not belong here: how a platform names its cursor.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from extractors.errors import UnsafeResponse

EMPTY_IN_A_ROW = 5
"""A page may be empty because a filter took everything; five in a row are no accident."""


@dataclass(kw_only=True)
class PageGuard:
    """Counts the pages of one list; `turn` is called before each further one.

    Args:
        most_pages: Pages after which the list is given up.
    """

    most_pages: int
    _pages: int = 0
    _empty: int = 0
    _cursors: set[str] = field(default_factory=set)

    def turn(self, cursor: str, items: int) -> None:
        """Allow the page behind `cursor`, after one with `items` items.

        Raises:
            UnsafeResponse: when the cursor came before, too many pages were empty, or there are
                too many pages.
        """
        self._pages += 1
        self._empty = 0 if items else self._empty + 1
        shown = repr(cursor[:40])
        if cursor in self._cursors:
            raise UnsafeResponse(f"gave the cursor {shown} twice: its pages run in a circle")
        if self._empty >= EMPTY_IN_A_ROW:
            raise UnsafeResponse(f"gave {self._empty} empty pages in a row, up to cursor {shown}")
        if self._pages >= self.most_pages:
            raise UnsafeResponse(f"has more than {self.most_pages} pages, up to cursor {shown}")
        self._cursors.add(cursor)
