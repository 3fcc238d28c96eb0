"""CrowdTangle's historical export of Facebook Pages, kept from before it closed in August 2024.

A row a post. Reactions are likes, love, wow, haha, sad, angry and care together; a reaction that
the file has no column for was not offered then. Every post also carries the Page's size when it was
published: these become sparse readings, of followers or of likes, whichever the registry says that
the account is measured by. Both are never mixed in one account: growth would show the step between
two definitions. Views are those of videos; CrowdTangle writes 0 for every other post, which says
nothing.

The account is found by `Facebook Id`, or by `User Name` as it was on the day of the post. Times
carry a zone by its letters; those with several meanings (CST) are refused. The export was always in
English; the Swedish synonyms are for files translated by hand. Not confirmed: whether the Page's
size at posting is of that minute or of that day.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from extractors.imports.cells import BadCell, text
from extractors.imports.layout import ImportContext, Layout, Reading
from extractors.imports.sheet import read_sheet
from extractors.imports.vendor import Export, Names, kind, number_id
from extractors.records import Definition, Platform, PostSnapshot, ProfileSnapshot

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from extractors.imports.sheet import Row
    from extractors.registry import RegistryAccount

NAME = "crowdtangle"
_PLATFORM = Platform.FACEBOOK.value
_REACTIONS: Names = {
    "likes": ("likes", "gilla-markeringar"),
    "love": ("love", "älskar"),
    "wow": ("wow",),
    "haha": ("haha",),
    "sad": ("sad", "ledsen"),
    "angry": ("angry", "arg"),
    "care": ("care", "omtanke"),
}
_POSTS: Names = {
    **_REACTIONS,
    "page_id": ("facebook id", "facebook-id"),
    "username": ("user name", "användarnamn"),
    "followers": ("followers at posting", "följare vid publicering"),
    "page_likes": (
        *("likes at posting", "page likes at posting", "sidans gilla-markeringar vid publicering"),
        "gilla-markeringar vid publicering",
    ),
    "published": ("post created", "created", "inlägg skapat", "skapat"),
    "kind": ("type", "typ"),
    "comments": ("comments", "kommentarer"),
    "shares": ("shares", "delningar"),
    "views": ("post views", "videovisningar"),
    "permalink": ("url", "webbadress"),
    "text": ("message", "meddelande"),
}
_LEFT_OUT = (
    *("page name", "sidnamn", "page category", "page admin top country", "page description"),
    *("page created", "post created date", "post created time", "total interactions"),
    *("video share status", "is video owner?", "total views", "total views for all crossposts"),
    *("video length", "link", "final link", "image text", "link text", "description"),
    *("sponsor id", "sponsor name", "sponsor category", "overperforming score"),
    "sidkategori",
)
_SEEN = {"video", "live"}
_POST_NUMBER = re.compile(
    r"(?:/posts/|/reel/|/videos/(?:[^/]+/)?|/photos/(?:[^/]+/)?|story_fbid=|fbid=|[?&]v=)(?:[^/?&]*-)?([0-9]{5,30})"
)


def _recognises(header: frozenset[str]) -> bool:
    sizes = {*_POSTS["followers"], *_POSTS["page_likes"]}
    return bool(header & sizes) and bool(header & {*_POSTS["page_id"], "page name", "sidnamn"})


def _read(path: Path, context: ImportContext) -> Reading:
    sheet = read_sheet(path, _recognises)
    # The score's column name ends with the weights that somebody chose for it.
    scores = [name for name in sheet.header if name.startswith("overperforming score")]
    export = Export(path, context, NAME, sheet, _POSTS, (*_LEFT_OUT, *scores))
    export.require("published", "permalink")
    export.each_row(partial(_take, export))
    return export.reading()


def _take(export: Export, row: Row) -> None:
    published = export.published(row)
    page = export.cell(row, "page_id")
    page_id = number_id(page, export.columns["page_id"]) if text(page) else None
    account = export.account(_PLATFORM, published, page_id, export.words(row, "username"))
    permalink = export.words(row, "permalink") or ""
    number = _POST_NUMBER.search(permalink)
    if number is None:
        raise BadCell(f"{export.columns['permalink']} {permalink!r} names no post")
    kept = kind(export.cell(row, "kind"))
    owner = page_id or account.platform_account_id
    record = PostSnapshot(
        account_id=account.account_id,
        # The API names a Page's post by both numbers; so both ways find one post.
        post_id=f"{owner}_{number[1]}" if owner else number[1],
        published_at=published,
        observed_at=export.exported_at,
        kind=kept,
        text=export.words(row, "text"),
        permalink=permalink,
        reactions=_reactions(export, row),
        comments=export.count(row, "comments"),
        shares=export.count(row, "shares"),
        views=export.count(row, "views") if kept in _SEEN else None,
        **export.stamp(),
    )
    snapshot = _size(export, row, account, published)
    export.add(row, _PLATFORM, record)
    if snapshot is not None:
        export.add(row, _PLATFORM, snapshot)


def _reactions(export: Export, row: Row) -> int | None:
    """Return the sum of a post's reactions; None where one of the file's columns is empty."""
    counts = [export.count(row, name) for name in _REACTIONS if name in export.columns]
    known = [count for count in counts if count is not None]
    # A sum without one of its parts would be a smaller number that looks whole.
    return sum(known) if known and len(known) == len(counts) else None


def _size(
    export: Export, row: Row, account: RegistryAccount, published: datetime
) -> ProfileSnapshot | None:
    by_likes = account.definition is Definition.PAGE_LIKES
    size = export.count(row, "page_likes" if by_likes else "followers")
    if size is None:
        return None
    return ProfileSnapshot(
        account_id=account.account_id,
        observed_at=published,
        followers=size,
        definition=Definition.PAGE_LIKES if by_likes else Definition.FOLLOWERS,
        handle=account.handle_on(export.local_day(published)),
        **export.stamp(),
    )


LAYOUT = Layout(NAME, "CrowdTangle's historical export", _recognises, _read)
