"""YouTube Studio: the table behind Content in advanced mode (`Table data.csv`).

The file names no channel: `--account`. Its first row is the total of all videos and is left out.
Counters are those of the period chosen in Studio, which the file does not say: export with the
period Lifetime. Subscribers gained by a video are no subscriber count; shares and dislikes are
shown to owners only; all three are left out.

Not confirmed: which zone the days of publishing are in; a day counts as noon in the project's.
Studio writes it with the month's name, in the language of the account.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from extractors.imports.cells import BadCell
from extractors.imports.layout import ImportContext, Layout, Reading
from extractors.imports.sheet import read_sheet
from extractors.imports.vendor import Export, Names
from extractors.records import Platform, PostSnapshot

if TYPE_CHECKING:
    from pathlib import Path

    from extractors.imports.sheet import Row

NAME = "youtube_studio"
_VIDEOS: Names = {
    "post_id": ("content", "innehåll", "video", "video id", "video-id"),
    "text": ("video title", "videotitel", "videons titel"),
    "published": ("video publish time", "publiceringstid för video", "videons publiceringstid"),
    "views": ("views", "visningar"),
    "reactions": ("likes", "gilla-markeringar", "likes (gilla-markeringar)"),
    "comments": (
        *("comments added", "comments", "kommentarer som lagts till", "tillagda kommentarer"),
        "kommentarer",
    ),
}
_LEFT_OUT = (
    *("subscribers", "prenumeranter", "subscribers gained", "subscribers lost", "duration"),
    *("längd", "varaktighet", "shares", "delningar", "dislikes", "ogilla-markeringar"),
    *("watch time (hours)", "visningstid (timmar)", "impressions", "exponeringar"),
    *("impressions click-through rate (%)", "klickfrekvens för exponeringar (%)"),
    *("average view duration", "average percentage viewed (%)", "estimated revenue (usd)"),
    *("genomsnittlig visningslängd", "genomsnittlig procentandel visad (%)"),
    *("thumbnail impressions", "thumbnail click-through rate (%)", "likes (vs. dislikes) (%)"),
    *("new viewers", "returning viewers", "unique viewers", "engaged views"),
)
_TOTAL = {"total", "totalt", "summa"}
_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")


def _recognises(header: frozenset[str]) -> bool:
    return bool(header & set(_VIDEOS["text"])) and bool(
        header & {*_VIDEOS["published"], *_VIDEOS["post_id"]}
    )


def _read(path: Path, context: ImportContext) -> Reading:
    export = Export(path, context, NAME, read_sheet(path, _recognises), _VIDEOS, _LEFT_OUT)
    export.require("post_id", "published")
    export.needs_account(Platform.YOUTUBE.value)
    export.each_row(partial(_take, export))
    return export.reading(
        "Studio's counters are those of the period chosen there: only an export of the period "
        "Lifetime holds a video's own."
    )


def _take(export: Export, row: Row) -> None:
    video = export.words(row, "post_id") or ""
    if video.lower() in _TOTAL:
        return
    if not _VIDEO_ID.fullmatch(video):
        raise BadCell(f"{export.columns['post_id']} {video!r} is no id of a video")
    published = export.published(row)
    account = export.account(Platform.YOUTUBE.value, export.exported_at)
    record = PostSnapshot(
        account_id=account.account_id,
        post_id=video,
        published_at=published,
        observed_at=export.exported_at,
        kind="video",
        text=export.words(row, "text"),
        permalink=f"https://www.youtube.com/watch?v={video}",
        views=export.count(row, "views"),
        reactions=export.count(row, "reactions"),
        comments=export.count(row, "comments"),
        **export.stamp(),
    )
    export.add(row, Platform.YOUTUBE.value, record)


LAYOUT = Layout(NAME, "YouTube Studio", _recognises, _read)
