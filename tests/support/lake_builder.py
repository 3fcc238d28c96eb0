"""Lay a lake and a compiled registry into a folder, and let dbt build the candidate from them.

Belongs here: what several integration tests need before they can look at a mart.
Does not belong here: expected values, and any code of the rooms under test; the files are written
from the record contract alone, so that a fault in the lake or the registry cannot hide one in dbt.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from extractors.lake import Lake
from extractors.records import LATER_COLUMNS, SCHEMAS
from extractors.texts import Quarter, derive_texts, lay_out

ROOT = Path(__file__).resolve().parents[2]
THINK_TANKS = ROOT / "extractors/sandbox/worlds/uk_thinktanks_bluesky_followers.csv.gz"
STOCKHOLM = ZoneInfo("Europe/Stockholm")

_TEXT, _DAY, _INT, _BOOL = pa.string(), pa.date32(), pa.int64(), pa.bool_()
REGISTRY_SCHEMAS: dict[str, dict[str, pa.DataType]] = {
    "industries": dict.fromkeys(("industry_id", "name", "name_sv", "description"), _TEXT),
    "organisations": {
        **dict.fromkeys(
            ("organisation_id", "name", "name_sv", "country", "county", "website"), _TEXT
        ),
        "population_count": _INT,
        "population_year": _INT,
        "population_source": _TEXT,
        "rollup": _TEXT,
    },
    "memberships": {
        "industry_id": _TEXT,
        "organisation_id": _TEXT,
        "valid_from": _DAY,
        "valid_to": _DAY,
    },
    "accounts": {
        "account_id": _TEXT,
        "organisation_id": _TEXT,
        "platform": _TEXT,
        "platform_account_id": _TEXT,
        "definition": _TEXT,
        "scope": _TEXT,
        "is_main": _BOOL,
        "valid_from": _DAY,
        "valid_to": _DAY,
        "successor_account_id": _TEXT,
    },
    "account_handles": {
        "account_id": _TEXT,
        "handle": _TEXT,
        "valid_from": _DAY,
        "valid_to": _DAY,
    },
    "declared_breaks": {"account_id": _TEXT, "break_date": _DAY, "kind": _TEXT, "note": _TEXT},
    "organisation_attributes": {
        "organisation_id": _TEXT,
        "attribute": _TEXT,
        "value": _TEXT,
        "valid_from": _DAY,
        "valid_to": _DAY,
    },
    "peer_groups": {
        **dict.fromkeys(
            ("peer_group_id", "industry_id", "name", "name_sv", "organisation_id"), _TEXT
        ),
        "valid_from": _DAY,
        "valid_to": _DAY,
    },
    "targets": {
        **dict.fromkeys(("organisation_id", "platform", "metric"), _TEXT),
        "target_value": pa.float64(),
        "by_date": _DAY,
        "valid_from": _DAY,
    },
}
"""Columns of the compiled registry's tables, as dbt's source `registry` reads them."""


@dataclass
class LakeBuilder:
    """A data directory in the making.

    Add organisations, accounts and snapshots, then `write()`; `build()` runs dbt on it. Every row
    is what the registry and the extractors would have written; nothing is filled in.
    """

    data_dir: Path
    tables: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {name: [] for name in REGISTRY_SCHEMAS}
    )
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    posts: list[dict[str, Any]] = field(default_factory=list)
    inquiries: list[dict[str, Any]] = field(default_factory=list)
    follower_segments: list[dict[str, Any]] = field(default_factory=list)

    @property
    def warehouse(self) -> Path:
        """The candidate that dbt writes."""
        return self.data_dir / "warehouse.duckdb"

    def industry(self, industry_id: str) -> None:
        """Add an industry."""
        self.tables["industries"].append({"industry_id": industry_id, "name": industry_id})

    def organisation(
        self, organisation_id: str, industry_id: str, name: str | None = None, **membership: date
    ) -> None:
        """Add an organisation and its membership; `valid_from`, `valid_to` bound the latter."""
        self.tables["organisations"].append(
            {"organisation_id": organisation_id, "name": name or organisation_id}
        )
        self.tables["memberships"].append(
            {"industry_id": industry_id, "organisation_id": organisation_id, **membership}
        )

    def account(self, organisation_id: str, platform: str = "bluesky", **columns: Any) -> str:
        """Add an account of an organisation, return its id; `columns` override the defaults."""
        row = {
            "account_id": f"{organisation_id}.{platform}",
            "organisation_id": organisation_id,
            "platform": platform,
            "definition": "followers",
            "scope": "national",
            "is_main": True,
            **columns,
        }
        self.tables["accounts"].append(row)
        return str(row["account_id"])

    def snapshot(
        self, account_id: str, observed_at: datetime | date, followers: int | None, **columns: Any
    ) -> None:
        """Add one snapshot; a bare date means noon UTC of that day."""
        if not isinstance(observed_at, datetime):
            observed_at = datetime.combine(observed_at, time(12), tzinfo=UTC)
        self.snapshots.append(
            {
                "account_id": account_id,
                "followers": followers,
                "followers_resolution": 1,
                "definition": "followers",
                "visibility": "visible",
                **_stamp(observed_at),
                **columns,
            }
        )

    def post(
        self,
        account_id: str,
        post_id: str,
        published_at: datetime,
        *,
        observed_at: datetime | None = None,
        **columns: Any,
    ) -> None:
        """Add one reading of a post, a week after it was published unless said otherwise."""
        observed_at = observed_at or published_at + timedelta(days=7)
        self.posts.append(
            {
                "account_id": account_id,
                "post_id": post_id,
                "published_at": published_at,
                "kind": "text",
                "is_repost": False,
                "is_deleted": False,
                **_stamp(observed_at),
                **columns,
            }
        )

    def inquiry(
        self,
        account_id: str,
        inquiry_id: str,
        asked_at: datetime,
        first_reply_at: datetime | None,
        *,
        observed_at: datetime | None = None,
        **columns: Any,
    ) -> None:
        """Add one reading of a question, eight days after it was asked unless said otherwise."""
        observed_at = observed_at or asked_at + timedelta(days=8)
        self.inquiries.append(
            {
                "account_id": account_id,
                "inquiry_id": inquiry_id,
                "channel": "comment",
                "asked_at": asked_at,
                "first_reply_at": first_reply_at,
                **_stamp(observed_at),
                **columns,
            }
        )

    def segment(self, account_id: str, observed_at: datetime, **columns: Any) -> None:
        """Add the followers of one gender, age or both, as an owner's export gives them."""
        self.follower_segments.append({"account_id": account_id, **_stamp(observed_at), **columns})

    def write(self) -> None:
        """Write the lake's parts and the registry's tables."""
        for stream, schema in SCHEMAS.items():
            empty = (
                self.data_dir / "lake" / stream / "platform=__none__" / "observed_date=1970-01-01"
            )
            empty.mkdir(parents=True, exist_ok=True)
            pq.write_table(schema.empty_table(), empty / "empty.parquet")
        platforms = {row["account_id"]: row["platform"] for row in self.tables["accounts"]}
        streams = {
            "profile_snapshots": self.snapshots,
            "posts": self.posts,
            "inquiries": self.inquiries,
            "follower_segments": self.follower_segments,
        }
        for stream, stream_rows in streams.items():
            parts: dict[tuple[str, date, str], list[dict[str, Any]]] = defaultdict(list)
            for row in stream_rows:
                day = row["observed_at"].astimezone(STOCKHOLM).date()
                parts[platforms[row["account_id"]], day, row["source"]].append(row)
            for (platform, day, source), rows in parts.items():
                folder = self.data_dir / "lake" / stream
                folder = folder / f"platform={platform}" / f"observed_date={day}"
                folder.mkdir(parents=True, exist_ok=True)
                table = pa.Table.from_pylist(rows, schema=SCHEMAS[stream])
                if day.day % 2:  # half of the parts are from before these columns existed
                    table = table.select([n for n in table.column_names if n not in LATER_COLUMNS])
                pq.write_table(table, folder / f"{source}.parquet")
        registry = self.data_dir / "registry"
        registry.mkdir(parents=True, exist_ok=True)
        for name, columns in REGISTRY_SCHEMAS.items():
            table = pa.Table.from_pylist(self.tables[name], schema=pa.schema(columns))
            pq.write_table(table, registry / f"{name}.parquet")
        lay_out(self.data_dir / "derived")

    def read_texts(self, first: str, last: str) -> None:
        """Read the words and tones of the posts of the quarters `first` to `last`."""
        quarters = []
        for period in pd.period_range(first.replace("-", ""), last.replace("-", ""), freq="Q"):
            end = period.end_time.date()
            quarters.append(
                Quarter(
                    f"{period.year}-Q{period.quarter}",
                    period.start_time.date(),
                    end,
                    end + timedelta(days=7),
                )
            )
        lake = Lake(self.data_dir / "lake", "Europe/Stockholm")
        derive_texts(lake, self.data_dir / "derived", quarters)

    def build(self, first: str, last: str, *, as_of: str) -> None:
        """Build the quarters `first` to `last` as of a day; where dbt fails, say its words."""
        if self.posts:
            self.read_texts(first, last)
        window = f"{{from_quarter: {first}, to_quarter: {last}, as_of_date: '{as_of}'}}"
        done = self.dbt("build", "--exclude-resource-type", "unit_test", "--vars", window)
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]

    def dbt(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one dbt command in its own process, as production does."""
        project = str(ROOT / "dbt_project")
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "dbt.cli.main",
                "--no-use-colors",
                command,
                *arguments,
                "--project-dir",
                project,
                "--profiles-dir",
                project,
                "--target-path",
                str(self.data_dir / "dbt/target"),
                "--log-path",
                str(self.data_dir / "dbt/logs"),
            ],
            cwd=project,
            env={**os.environ, "EFFEKTANALYS_DATA_DIR": str(self.data_dir)},
            capture_output=True,
            text=True,
            check=False,
        )


def _stamp(observed_at: datetime) -> dict[str, Any]:
    return {
        "observed_at": observed_at,
        "source": "bluesky_api",
        "origin": "sandbox",
        "extracted_at": observed_at + timedelta(minutes=1),
        "load_id": "test",
    }


def think_tanks(world: Path = THINK_TANKS) -> pd.DataFrame:
    """Read the bundled series: account_id, organisation_id, name, followers_count, day.

    The dates come in two spellings, DD/MM/YYYY and ISO. The account is the unchanging `did`.
    """
    series = pd.read_csv(world)
    british = series["date"].str.contains("/")
    series["day"] = (
        pd.to_datetime(series["date"], format="%d/%m/%Y", errors="coerce")
        .where(british, pd.to_datetime(series["date"], format="%Y-%m-%d", errors="coerce"))
        .dt.date
    )
    series["organisation_id"] = series["did"].str.replace("did:plc:", "", regex=False)
    series["account_id"] = series["organisation_id"] + ".bluesky"
    return series


def think_tank_lake(data_dir: Path, world: Path = THINK_TANKS) -> LakeBuilder:
    """Return the written lake of the 49 think tanks: every row of the bundled series a snapshot."""
    lake = LakeBuilder(data_dir)
    add_think_tanks(lake, world)
    lake.write()
    return lake


def add_think_tanks(lake: LakeBuilder, world: Path = THINK_TANKS) -> None:
    """Add the industry, its organisations and accounts, and every row of the series."""
    lake.industry("think_tanks")
    series = think_tanks(world)
    for row in series.drop_duplicates("account_id").itertuples():
        lake.organisation(row.organisation_id, "think_tanks", row.display_name.strip())
        lake.account(row.organisation_id, platform_account_id=row.did)
        lake.tables["account_handles"].append({"account_id": row.account_id, "handle": row.handle})
    for row in series.itertuples():
        lake.snapshot(row.account_id, row.day, row.followers_count, handle=row.handle)
