"""Gender and age of an account's followers, as its owner noted or exported them.

Noted: `platform, account, observed_at`, then `gender`, `age` or both, then `followers` (people) or
`share_pct`. Exported: Meta's audience table, a row an age and a column a gender, with shares in
percent; it names no account and no day, so it needs `--account`, and counts as of the day the file
was saved. Not confirmed: Meta's Swedish column names.

Shares are stored in hundredths of a percent, as given; what they are shares of is dbt's business.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from extractors.imports.cells import BadCell, text
from extractors.imports.layout import ImportContext, ImportRefused, Layout, Reading
from extractors.imports.sheet import read_sheet
from extractors.imports.vendor import Export, Names
from extractors.records import FollowerSegment, Platform
from extractors.words import nearest

if TYPE_CHECKING:
    from pathlib import Path

    from extractors.imports.sheet import Row

NAME = "follower_segments"
_NOTED: Names = {
    "platform": ("platform",),
    "account": ("account",),
    "observed_at": ("observed_at",),
    "gender": ("gender",),
    "age": ("age",),
    "followers": ("followers",),
    "share": ("share_pct",),
    "note": ("note",),
}
_EXPORTED: Names = {
    "age": ("age", "age range", "ålder", "åldersintervall"),
    "women": ("women", "kvinnor"),
    "men": ("men", "män"),
    "other": ("other", "unknown", "andra", "okänt"),
}
_GENDERS = {
    name: gender
    for gender in ("women", "men", "other")
    for name in (*_EXPORTED[gender], {"women": "woman", "men": "man"}.get(gender, gender))
} | {"female": "women", "male": "men", "kvinna": "women"}
_AGE = re.compile(r"(\d{2})\s*[-–]\s*(\d{2})|(\d{2})\s*\+")  # noqa: RUF001 - exports write it so
_SHARE = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?\s*%?")
_WHOLE = 10_000


def _is_noted(header: frozenset[str]) -> bool:
    return {"platform", "account", "observed_at"} <= header and bool(header & {"gender", "age"})


def _is_exported(header: frozenset[str]) -> bool:
    return bool(header & set(_EXPORTED["age"])) and all(
        header & set(_EXPORTED[gender]) for gender in ("women", "men")
    )


def _recognises(header: frozenset[str]) -> bool:
    return _is_noted(header) or _is_exported(header)


def _read(path: Path, context: ImportContext) -> Reading:
    sheet = read_sheet(path, _recognises)
    if _is_noted(frozenset(sheet.header)):
        export = Export(path, context, NAME, sheet, _NOTED)
        export.each_row(lambda row: _take_noted(export, row))
        return export.reading()
    export = Export(path, context, NAME, sheet, _EXPORTED)
    platform = _platform_of(export)
    account = export.needs_account(platform).account_id
    export.each_row(lambda row: _take_exported(export, platform, account, row))
    return export.reading(
        f"The shares count as seen on {export.exported_at:%Y-%m-%d %H:%M} UTC, when the file was "
        "saved or first imported."
    )


def _take_noted(export: Export, row: Row) -> None:
    platform = text(export.cell(row, "platform")).lower()
    names = [known.value for known in Platform]
    if platform not in names:
        raise BadCell(f"{platform!r} is no platform{nearest(platform, names)}")
    observed_at = export.day(row, "observed_at")
    account = export.account(platform, observed_at, export.words(row, "account"))
    gender, age = export.words(row, "gender"), export.words(row, "age")
    if gender is None and age is None:
        raise BadCell("gender and age are both empty")
    followers, share = export.count(row, "followers"), _share(export, row, "share")
    if (followers is None) == (share is None):
        raise BadCell("give followers or share_pct, one of them")
    record = FollowerSegment(
        account_id=account.account_id,
        observed_at=observed_at,
        gender=_gender(gender) if gender else None,
        age=_age(age) if age else None,
        followers=followers,
        share_basis_points=share,
        **export.stamp(),
    )
    export.add(row, platform, record)


def _take_exported(export: Export, platform: str, account: str, row: Row) -> None:
    age = _age(text(export.cell(row, "age")))
    for gender in ("women", "men", "other"):
        share = _share(export, row, gender)
        if share is not None:
            record = FollowerSegment(
                account_id=account,
                observed_at=export.exported_at,
                gender=gender,
                age=age,
                share_basis_points=share,
                **export.stamp(),
            )
            export.add(row, platform, record)


def _platform_of(export: Export) -> str:
    """Return which of Meta's platforms the told account is on."""
    for platform in (Platform.FACEBOOK.value, Platform.INSTAGRAM.value):
        day = export.local_day(export.exported_at)
        wanted = export.context.account
        if wanted and export.context.registry.account_by(platform, wanted, day):
            return platform
    raise ImportRefused(
        f"{export.path} does not say whose followers these are. Import it again with --account ID, "
        "the id of a Facebook or Instagram account in the registry."
    )


def _gender(cell: str) -> str:
    gender = _GENDERS.get(cell.lower())
    if gender is None:
        raise BadCell(f"gender {cell!r} is not women, men or other")
    return gender


def _age(cell: str) -> str:
    found = _AGE.fullmatch(cell)
    if found is None:
        raise BadCell(f"age {cell!r} is no range of years like 18-24 or 65+")
    return f"{found[3]}+" if found[3] else f"{found[1]}-{found[2]}"


def _share(export: Export, row: Row, name: str) -> int | None:
    """Return a share in hundredths of a percent; `12,3 %`, `12.3` and 12.3 are 1230."""
    cell = export.cell(row, name)
    written = f"{cell:.4f}".rstrip("0").rstrip(".") if isinstance(cell, float) else text(cell)
    if not written:
        return None
    found = _SHARE.fullmatch(written)
    points = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else _WHOLE + 1
    if points > _WHOLE:
        raise BadCell(f"{export.columns[name]}: {written!r} is no share of 0 to 100 percent")
    return points


LAYOUT = Layout(NAME, "gender and age of followers", _recognises, _read)
