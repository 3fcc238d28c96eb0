"""Follower counts of French deputies, as Regards Citoyens recorded them several times a day.

The recording (github.com/regardscitoyens/twitter-parlementaires, ODbL 1.0) is one Parquet file of
readings and one CSV of parliamentary groups. Readings land as they are: doubled, at 0, with holes.
The deputies are named office holders: the registry written here numbers them and keeps their group,
so that groups can be shown and persons are not ranked.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Account:
    """One account in the recording: its days, how many held readings, and its handles' days."""

    platform_id: str
    first: date
    last: date
    day_count: int
    handles: list[tuple[str, date, date]]


def propose_industry(readings: Path, groups: Path | None, *, timezone: str) -> str:
    """Return the text of an industry file for the recording's accounts, to review and save.

    One organisation a deputy, numbered in the order of the recording's own keys; accounts keyed on
    the platform's id; the parliamentary group as attribute `group` with its days. Where a deputy
    has several accounts each has the days it was seen on, open at the recording's end, and one that
    began after another had ended is that one's successor.

    Args:
        readings: The recording, Parquet.
        groups: The groups' CSV, or None to leave them out.
        timezone: IANA zone whose days the validity is counted in.

    Raises:
        ImportRefused: when a file is not the recording's.
    """
    owners, accounts = _accounts(readings, timezone)
    seated = _groups(groups, timezone)
    end = max(account.last for account in accounts.values())
    lines = [
        "# yaml-language-server: $schema=../industry.schema.json",
        f"# {NOTICE}.",
        "# Named office holders: show groups, do not rank persons. The deputies are numbered.",
        f"id: {INDUSTRY_ID}",
        "name: French deputies",
        "name_sv: Franska parlamentsledamöter",
        "organisations:",
    ]
    for number, (slug, owned) in enumerate(owners.groupby(owners), start=1):
        own = sorted((accounts[i] for i in owned.index), key=lambda a: (a.first, a.platform_id))
        lines += _organisation(f"deputy_{number:04d}", own, seated.get(str(slug), []), end)
    return "\n".join(lines) + "\n"


def _accounts(path: Path, timezone: str) -> tuple[pd.Series[str], dict[str, _Account]]:
    try:
        read = pq.read_table(path, columns=["snapshot_ts_utc", "slug", "twitter_id", "handle"])
        read = read.filter(pc.is_valid(read.column("twitter_id")))
        # As text before pandas sees them: it would make floats of them and lose their last digits.
        ids = read.column("twitter_id").cast(pa.int64()).cast(pa.string())
        seen = read.column("snapshot_ts_utc").cast(pa.timestamp("us"))
    except (pa.ArrowException, ValueError, KeyError, OSError) as error:
        words = " ".join(str(error).split())
        raise ImportRefused(f"{path} is not the recording as published: {words}") from None
    if not len(seen):
        raise ImportRefused(f"{path} holds no readings.")
    frame = pd.DataFrame(
        {
            "seen": seen.cast(pa.int64()).to_numpy(),
            "day": _local_days(seen, timezone),
            **{
                name: column.combine_chunks().dictionary_encode().to_pandas()
                for name, column in (
                    ("id", ids),
                    ("slug", read.column("slug")),
                    ("handle", read.column("handle")),
                )
            },
        }
    ).sort_values(["id", "seen"], kind="stable")
    owners = frame.drop_duplicates("id").set_index("id")["slug"].astype(str)
    owners.index = owners.index.astype(str)
    days = frame.drop_duplicates(["id", "day"], keep="last")
    same = [days[name].cat.codes.diff() == 0 for name in ("id", "handle")]
    days = days.assign(run=(~(same[0] & same[1])).cumsum())
    runs = days.groupby("run").agg(
        id=("id", "first"), handle=("handle", "first"), first=("day", "min"), last=("day", "max")
    )
    spans: dict[str, list[tuple[str, date, date]]] = defaultdict(list)
    columns = (runs["id"], runs["handle"], runs["first"].dt.date, runs["last"].dt.date)
    for identity, handle, first, last in zip(*columns, strict=True):
        spans[str(identity)].append((str(handle), first, last))
    day_counts = days["id"].value_counts()
    return owners, {
        identity: _Account(
            identity, handles[0][1], handles[-1][2], int(day_counts[identity]), handles
        )
        for identity, handles in spans.items()
    }


def _local_days(moments: pa.ChunkedArray, timezone: str) -> pd.Series[pd.Timestamp]:
    aware = moments.cast(pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    local = pc.local_timestamp(aware.cast(pa.timestamp("us", tz=timezone)))
    days: pd.Series[pd.Timestamp] = local.to_pandas().dt.normalize()
    return days


def _organisation(
    name: str,
    accounts: list[_Account],
    seats: list[tuple[str, date, date | None]],
    end: date,
) -> Iterator[str]:
    last = max(account.last for account in accounts)
    yield f"  - id: {name}"
    yield f"    name: Deputy {name.rpartition('_')[2]}"
    yield f"    member_from: {accounts[0].first}"
    if _is_over(last, end):
        yield f"    member_to: {last}"
    if seats:
        yield "    attributes:"
        yield "      group:"
        for group, since, until in seats:
            closing = f", valid_to: {until}" if until else ""
            yield f'        - {{value: "{group}", valid_from: {since}{closing}}}'
    yield "    accounts:"
    main = _main(accounts)
    for position, account in enumerate(accounts):
        said = [f'platform: x, platform_id: "{account.platform_id}"']
        if position:
            said.append(f"id: {_account_id(name, position)}")
        if account not in main:
            said.append("main: false")
        if len(accounts) > 1:
            said.append(f"valid_from: {account.first}")
            if _is_over(account.last, end):
                said.append(f"valid_to: {account.last}")
            successor = _successor(accounts, position)
            if successor is not None and _is_over(account.last, end):
                said.append(f"successor: {_account_id(name, successor)}")
        yield f"      - {{{', '.join(said)}, handles: ["
        yield ",\n".join(
            f'          {{handle: "{handle}", valid_from: {since}, valid_to: {until}}}'
            for handle, since, until in account.handles
        )
        yield "        ]}"


def _account_id(name: str, position: int) -> str:
    return f"{name}.x{position + 1}" if position else f"{name}.x"


def _is_over(last: date, end: date) -> bool:
    return last < end - timedelta(days=7)


def _successor(accounts: list[_Account], position: int) -> int | None:
    ended = accounts[position].last
    later = (n for n in range(position + 1, len(accounts)) if accounts[n].first > ended)
    return next(later, None)


def _main(accounts: list[_Account]) -> list[_Account]:
    """Return the accounts that were a deputy's own in turn: on any day, the one seen most often."""
    main: list[_Account] = []
    for account in sorted(accounts, key=lambda a: -a.day_count):
        if all(account.first > other.last or account.last < other.first for other in main):
            main.append(account)
    return main


def _groups(path: Path | None, timezone: str) -> dict[str, list[tuple[str, date, date | None]]]:
    if path is None:
        return {}
    try:
        columns = ["snapshot_ts_utc", "slug", "groupe_sigle"]
        frame = pd.read_csv(path, usecols=columns).dropna().sort_values(columns)
        seen = pd.to_datetime(frame["snapshot_ts_utc"], utc=True).dt.tz_convert(timezone)
    except (ValueError, OSError) as error:
        raise ImportRefused(f"{path} is not the recording's list of groups: {error}") from None
    frame["day"] = seen.dt.date
    frame = frame.drop_duplicates(["slug", "day"], keep="last")
    seated: dict[str, list[tuple[str, date, date | None]]] = {}
    for slug, rows in frame.groupby("slug"):
        changes = rows[rows["groupe_sigle"] != rows["groupe_sigle"].shift()]
        ends = [day - timedelta(days=1) for day in changes["day"].iloc[1:]] + [None]
        spans = zip(changes["groupe_sigle"], changes["day"], ends, strict=True)
        seated[str(slug)] = [(str(group), since, until) for group, since, until in spans]
    return seated


LAYOUT = Layout(NAME, "Regards Citoyens", _recognises, _read)
