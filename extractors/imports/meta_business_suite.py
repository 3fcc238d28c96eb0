"""Meta Business Suite: the content export (posts of a Page or an Instagram account) and follows.

Content: a row a post with lifetime counters, CSV. A Page is found by `Page ID`, an Instagram
account by `Account ID` or `Account username`. Only rows of a whole lifetime are posts' counters:
where `Date` names a day, the row holds that day's share of them and is refused.

Follows: Insights exports the NEW follows of each day (UTF-16, a `sep=,` line, a title, then `Date`
and `Primary`). A sum of them is no follower count, so such a file is refused; with a total beside
each day, in a column `Followers`, it becomes readings. It names no account: `--account`.

Publish times are written month first in some accounts and ISO in others: the ambiguous ones need
`--date-format "%m/%d/%Y %H:%M"`. Not confirmed: which zone they are in. They are read in the
project's. Reach counts people and `Views` counts showings, so reach is left out.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from extractors.imports.cells import BadCell, text
from extractors.imports.layout import ImportContext, ImportRefused, Layout, Reading
from extractors.imports.sheet import read_sheet
from extractors.imports.vendor import Export, Names, kind, number_id
from extractors.records import Definition, Platform, PostSnapshot, ProfileSnapshot

if TYPE_CHECKING:
    from pathlib import Path

    from extractors.imports.sheet import Row

NAME = "meta_business_suite"
_POSTS: Names = {
    "post_id": ("post id", "publicerings-id", "inläggs-id"),
    "page_id": ("page id", "sid-id", "sido-id"),
    "account_id": ("account id", "konto-id"),
    "username": ("account username", "kontots användarnamn", "användarnamn"),
    "published": ("publish time", "publiceringstid", "publicerat"),
    "kind": ("post type", "inläggstyp", "medietyp"),
    "permalink": ("permalink", "permalänk", "länk"),
    "text": ("description", "beskrivning", "bildtext"),
    "title": ("title", "titel"),
    "reactions": ("reactions", "reaktioner", "likes", "gilla-markeringar"),
    "comments": ("comments", "kommentarer"),
    "shares": ("shares", "delningar"),
    "views": ("views", "visningar", "impressions", "exponeringar", "intryck"),
    "saves": ("saves", "saved", "sparade objekt", "sparanden", "sparade"),
    "clicks": ("total clicks", "totalt antal klick"),
    "period": ("date", "datum"),
}
_LEFT_OUT = (
    *("page name", "sidnamn", "account name", "kontonamn", "reach", "räckvidd"),
    *("duration (sec)", "varaktighet (sek)", "follows", "följer", "data comment"),
    *("reactions, comments and shares", "reaktioner, kommentarer och delningar"),
    *("link clicks", "länkklick", "other clicks", "övriga klick", "caption type", "languages"),
    *("is crosspost", "is share", "custom labels", "funded content status"),
)
_DAYS: Names = {
    "day": ("date", "datum"),
    "followers": ("followers", "följare"),
    "page_likes": ("page likes", "sidans gilla-markeringar", "gilla-markeringar för sidan"),
}
_NEW_FOLLOWS = (
    *("primary", "primär", "primärt", "follows", "facebook follows", "instagram follows"),
    *("new follows", "new followers", "nya följare", "nya följningar", "följer"),
)
_ELSEWHERE = {
    *("platform", "account", "impressions", "engagements", "exponeringar"),
    *("organic followers", "sponsored followers", "organiska följare", "sponsrade följare"),
}
"""Columns of other files that count followers by day; Meta's have none of them."""
_COLUMN_OF = {Definition.FOLLOWERS: "followers", Definition.PAGE_LIKES: "page_likes"}


def _is_content(header: frozenset[str]) -> bool:
    named = [*_POSTS["page_id"], *_POSTS["account_id"], *_POSTS["username"]]
    return (
        bool(header & set(_POSTS["post_id"]))
        and bool(header & set(_POSTS["published"]))
        and bool(header & {*named, *_POSTS["kind"]})
    )


def _is_days(header: frozenset[str]) -> bool:
    counted = {*_NEW_FOLLOWS, *_DAYS["followers"], *_DAYS["page_likes"]}
    return bool(header & set(_DAYS["day"])) and bool(header & counted) and not header & _ELSEWHERE


def _recognises(header: frozenset[str]) -> bool:
    return _is_content(header) or _is_days(header)


def _read(path: Path, context: ImportContext) -> Reading:
    sheet = read_sheet(path, _recognises)
    if _is_content(frozenset(sheet.header)):
        posts = Export(path, context, NAME, sheet, _POSTS, _LEFT_OUT)
        return _read_posts(posts)
    return _read_days(Export(path, context, NAME, sheet, _DAYS, _NEW_FOLLOWS))


def _read_posts(export: Export) -> Reading:
    if "page_id" in export.columns:
        platform = Platform.FACEBOOK.value
    elif {"account_id", "username"} & export.columns.keys():
        platform = Platform.INSTAGRAM.value
    else:
        raise ImportRefused(
            f"{export.path} has neither a column page id (Facebook) nor account id (Instagram). "
            "Export the content again with all columns."
        )
    export.each_row(partial(_take_post, export, platform))
    return export.reading()


def _take_post(export: Export, platform: str, row: Row) -> None:
    period = text(export.cell(row, "period"))
    if any(letter.isdigit() for letter in period):
        raise BadCell(
            f"holds the counts of {period} only; export the content with lifetime numbers"
        )
    published = export.published(row)
    page = "page_id" if platform == Platform.FACEBOOK.value else "account_id"
    owner = export.cell(row, page)
    owner_id = number_id(owner, export.columns[page]) if text(owner) else None
    handle = export.words(row, "username")
    account = export.account(platform, export.exported_at, owner_id, handle)
    post_id = number_id(export.cell(row, "post_id"), export.columns["post_id"])
    if platform == Platform.FACEBOOK.value and owner_id:
        # The API names a Page's post by both numbers; so both ways find one post.
        post_id = f"{owner_id}_{post_id}"
    record = PostSnapshot(
        account_id=account.account_id,
        post_id=post_id,
        published_at=published,
        observed_at=export.exported_at,
        kind=kind(export.cell(row, "kind")),
        text=export.words(row, "text") or export.words(row, "title"),
        permalink=export.words(row, "permalink"),
        reactions=export.count(row, "reactions"),
        comments=export.count(row, "comments"),
        shares=export.count(row, "shares"),
        views=export.count(row, "views"),
        saves=export.count(row, "saves"),
        clicks=export.count(row, "clicks"),
        **export.stamp(),
    )
    export.add(row, platform, record)


def _read_days(export: Export) -> Reading:
    if not {"followers", "page_likes"} & export.columns.keys():
        raise ImportRefused(
            f"{export.path} counts the new follows of each day, and no sum of them is a number of "
            "followers. Add a column Followers with the total of the day, or note totals in a "
            "manual capture (platform, account, observed_at, followers), and import that."
        )
    export.require("day")
    platform = _platform_of(export)
    account = export.needs_account(platform)
    # Likes of a Page and its followers are two things; the registry says which one is measured.
    measured = _COLUMN_OF.get(account.definition, "followers")
    if measured not in export.columns:
        raise ImportRefused(
            f"{export.path} has no column {_DAYS[measured][0]}, and {account.account_id} is "
            f"measured by {account.definition.value} in the registry. Growth never mixes the two."
        )
    export.each_row(partial(_take_day, export, platform, measured))
    return export.reading()


def _platform_of(export: Export) -> str:
    day = export.local_day(export.exported_at)
    wanted = export.context.account or ""
    both = (Platform.FACEBOOK.value, Platform.INSTAGRAM.value)
    found = [p for p in both if export.context.registry.account_by(p, wanted, day)]
    if len(found) > 1:
        raise ImportRefused(
            f"--account {wanted!r} is a name on Facebook and on Instagram. "
            "Give the account's id in the registry, e.g. north.facebook."
        )
    return found[0] if found else both[0]


def _take_day(export: Export, platform: str, measured: str, row: Row) -> None:
    moment = export.day(row, "day")
    account = export.account(platform, moment)
    followers = export.count(row, measured)
    if followers is None:
        return
    record = ProfileSnapshot(
        account_id=account.account_id,
        observed_at=moment,
        followers=followers,
        definition=account.definition,
        handle=account.handle_on(export.local_day(moment)),
        **export.stamp(),
    )
    export.add(row, platform, record)


LAYOUT = Layout(NAME, "Meta Business Suite", _recognises, _read)
