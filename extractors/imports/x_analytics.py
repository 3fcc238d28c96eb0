"""X analytics: the export of post activity, today's (`Post id`) and the older (`Tweet id`).

The account is the handle in each permalink, on the day of the export. Reposts are shares; X's own
`Shares` counts links copied and is an owner's number, so it is left out. Bookmarks are saves,
clicks on links are clicks. Answers to others are posts here as they are in the export. Ids that
went through a spreadsheet have lost digits and are refused.

Not confirmed: Swedish column names, as X exports in English whatever the account's language; the
Swedish synonyms are for files translated by hand.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from extractors.imports.layout import ImportContext, Layout, Reading
from extractors.imports.sheet import read_sheet
from extractors.imports.vendor import Export, Names, number_id
from extractors.records import Platform, PostSnapshot

if TYPE_CHECKING:
    from pathlib import Path

    from extractors.imports.sheet import Row

NAME = "x_analytics"
_POSTS: Names = {
    "post_id": ("post id", "tweet id", "inläggs-id", "tweet-id"),
    "permalink": ("post link", "tweet permalink", "permalänk till inlägg", "länk till inlägg"),
    "text": ("post text", "tweet text", "inläggstext", "tweettext"),
    "published": ("date", "time", "datum", "tid"),
    "views": ("impressions", "exponeringar", "visningar"),
    "reactions": ("likes", "gilla-markeringar"),
    "comments": ("replies", "svar"),
    "shares": ("reposts", "retweets", "återpubliceringar", "retweetar"),
    "quotes": ("quotes", "citat"),
    "saves": ("bookmarks", "bokmärken"),
    "clicks": ("url clicks", "url-klick", "länkklick"),
}
_LEFT_OUT = (
    *("engagements", "engagement rate", "engagemang", "shares", "delningar", "new follows"),
    *("follows", "profile visits", "user profile clicks", "detail expands", "hashtag clicks"),
    *("permalink clicks", "app opens", "app installs", "email tweet", "dial phone"),
    *("media views", "media engagements", "video views", "nya följare", "profilbesök"),
    *(
        f"promoted {name}"
        for name in (
            *("impressions", "engagements", "engagement rate", "retweets", "replies", "likes"),
            *("user profile clicks", "url clicks", "hashtag clicks", "detail expands", "follows"),
            *("permalink clicks", "app opens", "app installs", "email tweet", "dial phone"),
            *("media views", "media engagements"),
        )
    ),
)
_HANDLE = re.compile(r"https?://(?:www\.|mobile\.)?(?:x|twitter)\.com/([A-Za-z0-9_]{1,15})/status/")


def _recognises(header: frozenset[str]) -> bool:
    return bool(header & set(_POSTS["post_id"])) and bool(
        header & {*_POSTS["permalink"], *_POSTS["text"]}
    )


def _read(path: Path, context: ImportContext) -> Reading:
    export = Export(path, context, NAME, read_sheet(path, _recognises), _POSTS, _LEFT_OUT)
    export.require("post_id", "published")
    export.each_row(partial(_take, export))
    return export.reading()


def _take(export: Export, row: Row) -> None:
    permalink = export.words(row, "permalink")
    handle = _HANDLE.match(permalink or "")
    # `i` is X's own path for a post whose author is not named.
    named = handle[1] if handle and handle[1] != "i" else None
    published = export.published(row)
    account = export.account(Platform.X.value, export.exported_at, named)
    record = PostSnapshot(
        account_id=account.account_id,
        post_id=number_id(export.cell(row, "post_id"), export.columns["post_id"]),
        published_at=published,
        observed_at=export.exported_at,
        text=export.words(row, "text"),
        permalink=permalink,
        reactions=export.count(row, "reactions"),
        comments=export.count(row, "comments"),
        shares=export.count(row, "shares"),
        quotes=export.count(row, "quotes"),
        views=export.count(row, "views"),
        saves=export.count(row, "saves"),
        clicks=export.count(row, "clicks"),
        **export.stamp(),
    )
    export.add(row, Platform.X.value, record)


LAYOUT = Layout(NAME, "X analytics", _recognises, _read)
