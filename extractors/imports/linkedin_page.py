"""LinkedIn Page analytics: the followers and the content workbook.

Both name no Page: `--account`. They are downloaded as XLS; save them as XLSX first. Days are
written month first and need `--date-format "%m/%d/%Y"`.

Followers: the sheet New followers counts those who came on each day, `Total followers` among them
(organic, sponsored and invited together). That is no follower count, so the file is refused; with a
total of the day beside it, in a column `Followers`, it becomes readings.

Content: the sheet All posts, a row a post below a line that explains it. The sheet Metrics sums
days and is not read. Who posted for the Page is not kept. Impressions are views, clicks an owner's
number.

Not confirmed: Swedish column names; the synonyms are LinkedIn's words elsewhere in its interface.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from extractors.imports.cells import BadCell
from extractors.imports.layout import ImportContext, ImportRefused, Layout, Reading
from extractors.imports.sheet import read_sheet
from extractors.imports.vendor import Export, Names, kind
from extractors.records import Definition, Platform, PostSnapshot, ProfileSnapshot

if TYPE_CHECKING:
    from pathlib import Path

    from extractors.imports.sheet import Row

NAME = "linkedin_page"
_PLATFORM = Platform.LINKEDIN.value
_POSTS: Names = {
    "permalink": ("post link", "update link", "inläggslänk", "länk till inlägg"),
    "text": ("post title", "update title", "inläggsrubrik", "inläggstitel"),
    "published": ("created date", "skapat datum", "skapandedatum", "datum skapat"),
    "boosted": ("post type", "update type", "inläggstyp"),
    "kind": ("content type", "innehållstyp", "typ av innehåll"),
    "views": ("impressions", "visningar", "exponeringar"),
    "clicks": ("clicks", "klick"),
    "reactions": ("reactions", "likes", "reaktioner", "gilla-markeringar"),
    "comments": ("comments", "kommentarer"),
    "shares": ("reposts", "shares", "omdelningar", "delningar"),
}
_POSTS_LEFT_OUT = (
    *("posted by", "publicerat av", "campaign name", "kampanjnamn", "audience", "målgrupp"),
    *("campaign start date", "campaign end date", "views", "follows", "följer", "engagement rate"),
    *("views (excluding off-site video views)", "offsite views", "off-site views"),
    *("click through rate (ctr)", "klickfrekvens (ctr)", "engagemangsgrad", "engagemangsnivå"),
)
_DAYS: Names = {
    "day": ("date", "datum"),
    "followers": (
        *("followers", "följare", "follower count", "cumulative followers", "antal följare"),
        "lifetime followers",
    ),
}
_NEW = (
    *("organic followers", "sponsored followers", "auto-invited followers", "total followers"),
    *("organiska följare", "sponsrade följare", "automatiskt inbjudna följare"),
    "totalt antal följare",
)
_METRICS = ("impressions (organic)", "impressions (total)", "visningar (organiska)")
_URN = re.compile(r"urn:li:(?:activity|share|ugcPost):[0-9]+")
_BOOSTED = {"organic": False, "organisk": False, "sponsored": True, "sponsrad": True}
_BOOSTED |= {"organiskt": False, "sponsrat": True}


def _is_posts(header: frozenset[str]) -> bool:
    return bool(header & set(_POSTS["permalink"])) and bool(header & set(_POSTS["published"]))


def _is_days(header: frozenset[str]) -> bool:
    return bool(header & set(_DAYS["day"])) and bool(header & set(_NEW))


def _is_metrics(header: frozenset[str]) -> bool:
    return bool(header & set(_DAYS["day"])) and bool(header & set(_METRICS))


def _recognises(header: frozenset[str]) -> bool:
    return _is_posts(header) or _is_days(header) or _is_metrics(header)


def _read(path: Path, context: ImportContext) -> Reading:
    sheet = read_sheet(path, lambda header: _is_posts(header) or _is_days(header))
    header = frozenset(sheet.header)
    if _is_posts(header):
        export = Export(path, context, NAME, sheet, _POSTS, _POSTS_LEFT_OUT)
        export.needs_account(_PLATFORM)
        export.each_row(partial(_take_post, export))
        return export.reading()
    if _is_metrics(header):
        raise ImportRefused(
            f"{path} sums up days and holds no post. Save the whole workbook, with its sheet "
            "All posts, as XLSX and import that."
        )
    return _read_days(Export(path, context, NAME, sheet, _DAYS, _NEW))


def _take_post(export: Export, row: Row) -> None:
    permalink = export.words(row, "permalink") or ""
    urn = _URN.search(permalink)
    if urn is None:
        raise BadCell(f"{export.columns['permalink']} {permalink!r} names no post")
    published = export.published(row)
    account = export.account(_PLATFORM, export.exported_at)
    record = PostSnapshot(
        account_id=account.account_id,
        post_id=urn[0],
        published_at=published,
        observed_at=export.exported_at,
        kind=kind(export.cell(row, "kind")),
        text=export.words(row, "text"),
        permalink=permalink,
        reactions=export.count(row, "reactions"),
        comments=export.count(row, "comments"),
        shares=export.count(row, "shares"),
        views=export.count(row, "views"),
        clicks=export.count(row, "clicks"),
        is_boosted=_BOOSTED.get((export.words(row, "boosted") or "").lower()),
        **export.stamp(),
    )
    export.add(row, _PLATFORM, record)


def _read_days(export: Export) -> Reading:
    if "followers" not in export.columns:
        raise ImportRefused(
            f"{export.path} counts the new followers of each day, 'Total followers' too, and no "
            "sum of them is a number of followers. Add a column Followers with the total of the "
            "day, or note totals in a manual capture (platform, account, observed_at, followers), "
            "and import that."
        )
    export.require("day")
    export.needs_account(_PLATFORM)
    export.each_row(partial(_take_day, export))
    return export.reading()


def _take_day(export: Export, row: Row) -> None:
    moment = export.day(row, "day")
    account = export.account(_PLATFORM, moment)
    followers = export.count(row, "followers")
    if followers is None:
        return
    record = ProfileSnapshot(
        account_id=account.account_id,
        observed_at=moment,
        followers=followers,
        definition=Definition.FOLLOWERS,
        handle=account.handle_on(export.local_day(moment)),
        **export.stamp(),
    )
    export.add(row, _PLATFORM, record)


LAYOUT = Layout(NAME, "LinkedIn Page analytics", _recognises, _read)
