"""Follower counts of French deputies, as Regards Citoyens recorded them several times a day.

The recording (github.com/regardscitoyens/twitter-parlementaires, ODbL 1.0) is one Parquet file of
readings and one CSV of parliamentary groups. Readings land as they are: doubled, at 0, with holes.
The deputies are named office holders: the registry written here numbers them and keeps their group,
so that groups can be shown and persons are not ranked.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from extractors.imports.layout import ImportContext, ImportRefused, Layout, Reading
from extractors.records import SCHEMAS, Definition, Origin, Platform, Visibility

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "regards_citoyens"
INDUSTRY_ID = "fr_deputies"
_SCHEMA = pa.schema(
    [
        ("followers", pa.int64()),
        ("following", pa.int64()),
        ("handle", pa.string()),
        ("snapshot_ts_utc", pa.timestamp("us")),
        ("tweets", pa.int64()),
        ("twitter_id", pa.int64()),
    ]
)
_COLUMNS = frozenset(_SCHEMA.names)
NOTICE = "Contains data from Regards Citoyens, twitter-parlementaires, ODbL 1.0"


def _recognises(header: frozenset[str]) -> bool:
    return header >= _COLUMNS


def _read(path: Path, context: ImportContext) -> Reading:
    try:
        read = pq.read_table(path, columns=sorted(_COLUMNS))
        # Whole numbers only: a fraction or a text is refused here, never cut.
        read = read.cast(_SCHEMA)
    except (pa.ArrowException, ValueError) as error:
        words = " ".join(str(error).split())
        raise ImportRefused(f"{path} is not the recording as published: {words}") from None
    known = {
        account.platform_account_id: account.account_id
        for account in context.registry.accounts(Platform.X)
        if account.platform_account_id
    }
    ids = read.column("twitter_id").cast(pa.string())
    accounts = pc.replace_with_mask(
        pa.nulls(len(ids), pa.string()), *_looked_up(ids.combine_chunks(), known)
    )
    unknown = pc.sum(pc.is_null(accounts)).as_py() or 0
    if unknown == len(ids):
        raise ImportRefused(
            f"{path}: none of its accounts is in the registry. Write them there first: "
            f"effektanalys registry propose {path} > registry/industries/{INDUSTRY_ID}.yaml"
        )
    observed = read.column("snapshot_ts_utc").cast(pa.int64())
    table = _table(read, accounts, observed.cast(pa.timestamp("us", tz="UTC")), context)
    table = table.filter(pc.is_valid(table.column("account_id")))
    notes = [f"{NOTICE}."]
    if unknown:
        notes.append(f"{unknown:,} rows of accounts that are not in the registry were left out.")
    return Reading({("profile_snapshots", Platform.X.value): table}, tuple(notes))


def _looked_up(ids: pa.Array, known: dict[str, str]) -> tuple[pa.Array, pa.Array]:
    position = pc.index_in(ids, value_set=pa.array(list(known), pa.string()))
    found = pc.is_valid(position)
    names = pa.array(list(known.values()), pa.string()).take(position.filter(found))
    return found, names


def _table(
    read: pa.Table, accounts: pa.Array, observed: pa.ChunkedArray, context: ImportContext
) -> pa.Table:
    rows = read.num_rows
    counts = {
        "followers": read.column("followers"),
        "following": read.column("following"),
        "posts_total": read.column("tweets"),
    }
    constants: dict[str, object] = {
        "source": NAME,
        "origin": Origin.IMPORT.value,
        "extracted_at": context.now,
        "load_id": context.load_id,
        "followers_resolution": 1,
        "definition": Definition.FOLLOWERS.value,
        "visibility": Visibility.VISIBLE.value,
    }
    columns: dict[str, object] = {
        "account_id": accounts,
        "observed_at": observed,
        "handle": read.column("handle"),
        **counts,
    }
    schema = SCHEMAS["profile_snapshots"]
    arrays = []
    for field in schema:
        if field.name in columns:
            arrays.append(columns[field.name])
        elif field.name in constants:
            arrays.append(pa.repeat(pa.scalar(constants[field.name], field.type), rows))
        else:
            arrays.append(pa.nulls(rows, field.type))
    return pa.table(arrays, schema=pa.schema([f.with_nullable(True) for f in schema]))


def propose_industry(readings: Path, groups: Path | None) -> str:
    """Return the text of an industry file for the recording's accounts, to review and save.

    One organisation a deputy, numbered in the order of the recording's own keys; accounts keyed on
    the platform's id; the parliamentary group as attribute `group` with its days.
    """
    read = pq.read_table(readings, columns=["snapshot_ts_utc", "slug", "twitter_id", "handle"])
    # As text before pandas sees them: it would make floats of them and lose their last digits.
    ids = read.column("twitter_id").cast(pa.int64()).cast(pa.string())
    frame = read.set_column(read.column_names.index("twitter_id"), "twitter_id", ids).to_pandas()
    frame = frame[frame["twitter_id"].notna()].sort_values("snapshot_ts_utc", kind="stable")
    frame["day"] = frame["snapshot_ts_utc"].dt.date
    owner = frame.groupby("twitter_id")["slug"].first()
    per_account = dict(list(frame[["day", "handle", "twitter_id"]].groupby("twitter_id")))
    seated = _groups(groups)
    end = frame["day"].max()
    lines = [
        "# yaml-language-server: $schema=../industry.schema.json",
        f"# {NOTICE}.",
        "# Named office holders: show groups, do not rank persons. The deputies are numbered.",
        f"id: {INDUSTRY_ID}",
        "name: French deputies",
        "name_sv: Franska parlamentsledamöter",
        "organisations:",
    ]
    for number, (slug, owned) in enumerate(owner.groupby(owner), start=1):
        accounts = {identity: per_account[identity] for identity in sorted(owned.index)}
        lines += _organisation(number, accounts, seated.get(str(slug), []), end)
    return "\n".join(lines) + "\n"


def _organisation(
    number: int,
    accounts: dict[str, pd.DataFrame],
    seats: list[tuple[str, date, date | None]],
    end: date,
) -> Iterator[str]:
    name = f"deputy_{number:04d}"
    first = min(readings["day"].min() for readings in accounts.values())
    last = max(readings["day"].max() for readings in accounts.values())
    yield f"  - id: {name}"
    yield f"    name: Deputy {number:04d}"
    yield f"    member_from: {first}"
    if last < end - timedelta(days=7):
        yield f"    member_to: {last}"
    if seats:
        yield "    attributes:"
        yield "      group:"
        for group, since, until in seats:
            closing = f", valid_to: {until}" if until else ""
            yield f'        - {{value: "{group}", valid_from: {since}{closing}}}'
    yield "    accounts:"
    for position, (identity, readings) in enumerate(accounts.items()):
        second = "" if position == 0 else f", id: {name}.x{position + 1}, main: false"
        yield f'      - {{platform: x, platform_id: "{identity}"{second}, handles: ['
        yield ",\n".join(
            f'          {{handle: "{handle}", valid_from: {since}, valid_to: {until}}}'
            for handle, since, until in _handles(readings)
        )
        yield "        ]}"


def _handles(readings: pd.DataFrame) -> list[tuple[str, date, date]]:
    by_day = readings.groupby("day")["handle"].last()
    run = (by_day != by_day.shift()).cumsum()
    return [
        (str(days.iloc[0]), days.index.min(), days.index.max()) for _, days in by_day.groupby(run)
    ]


def _groups(path: Path | None) -> dict[str, list[tuple[str, date, date | None]]]:
    if path is None:
        return {}
    frame = pd.read_csv(path, usecols=["snapshot_ts_utc", "slug", "groupe_sigle"]).dropna()
    frame["day"] = pd.to_datetime(frame["snapshot_ts_utc"]).dt.date
    frame = frame.sort_values("snapshot_ts_utc", kind="stable")
    seated: dict[str, list[tuple[str, date, date | None]]] = {}
    for slug, rows in frame.groupby("slug"):
        by_day = rows.groupby("day")["groupe_sigle"].last()
        changes = by_day[by_day != by_day.shift()]
        ends = [day - timedelta(days=1) for day in changes.index[1:]] + [None]
        spans = zip(changes, changes.index, ends, strict=True)
        seated[str(slug)] = [(str(group), since, until) for group, since, until in spans]
    return seated


LAYOUT = Layout(NAME, "Regards Citoyens", _recognises, _read)
