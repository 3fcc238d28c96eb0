"""Reading page after page: where to go on after a crash, and when a list must end.

Belongs here: the one loop over pages that every module uses. Does not belong here: how a platform
names its cursor and spells a page (the modules) or where finished pages lie (`checkpoint.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from extractors.errors import (
    AccountNotVisible,
    ExtractionError,
    PermissionDenied,
    RequestRefused,
    SchemaDrift,
    UnsafeResponse,
)
from extractors.records import Record

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

R = TypeVar("R", bound=Record)

EMPTY_IN_A_ROW = 5
"""A page may be empty because a filter took everything; five in a row are no accident."""
_LASTING = (RequestRefused, AccountNotVisible, PermissionDenied, SchemaDrift, UnsafeResponse)
"""What a platform may say to a cursor it no longer takes; the same call would fail alike later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[R]):
    """What was read off one page.

    Attributes:
        items: How many things it listed, those left out included.
        following: What asks for the next page, in values that JSON knows; None after the last.
        cursor: Tells `following` from others in messages; `following` itself when absent.
        records: What it gave.
        problems: What was odd about it, in words.
    """

    items: int
    following: Any = None
    cursor: str | None = None
    records: tuple[R, ...] = ()
    problems: tuple[str, ...] = ()


class PageStore(Protocol):
    """Where finished pages outlive the run."""

    def pages(self, account: str, name: str) -> Sequence[Page[Any]]:
        """Return the finished pages of an account's list, in their order."""

    def add_page(self, account: str, name: str, page: Page[Any]) -> None:
        """Keep the next page of a list."""

    def drop_pages(self, account: str, name: str) -> None:
        """Forget a list: it is to be read from its start."""


async def in_turn(
    ask: Callable[[Any], Awaitable[Page[R]]],
    *,
    most_pages: int,
    store: PageStore | None,
    account: str,
    name: str,
    goes_on: bool = False,
) -> AsyncGenerator[Page[R]]:
    """Yield the pages of a list; those that an earlier run finished are not asked for again.

    A list is begun anew where the platform no longer takes the cursor it had reached.

    Args:
        ask: Reads the page behind a cursor, the first one for None.
        most_pages: Pages after which the list is given up.
        store: Keeps finished pages, None to keep none.
        account: Ours, whose list it is.
        name: Tells several lists of an account apart, and what they rest on.
        goes_on: Whether the account has more to read after this list, so that its last page is
            kept as well.

    Raises:
        UnsafeResponse: as `PageGuard.turn`.
        ExtractionError: as `ask`; finished pages are kept unless it would fail alike later.
    """
    guard = PageGuard(most_pages=most_pages)
    finished: list[Page[R]] = list(store.pages(account, name)) if store else []
    page: Page[R] | None = None
    try:
        if store and finished and finished[-1].following is not None:
            try:
                page = await ask(finished[-1].following)
            except _LASTING:
                store.drop_pages(account, name)
                finished = []
        for earlier in finished:
            guard.follow(earlier)
            yield earlier
        if finished and page is None:
            return
        page = page or await ask(None)
        while page.following is not None:
            guard.follow(page)
            if store:
                store.add_page(account, name, page)
            yield page
            page = await ask(page.following)
    except Exception as error:
        if store and (not isinstance(error, ExtractionError) or isinstance(error, _LASTING)):
            store.drop_pages(account, name)
        raise
    if store and goes_on:
        store.add_page(account, name, page)
    yield page


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

    def follow(self, page: Page[Any]) -> None:
        """Allow what follows a page, if anything does; see `turn`."""
        if page.following is not None:
            self.turn(page.cursor or str(page.following), page.items)

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
