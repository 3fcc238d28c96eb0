"""The deputies' recording: run through the command line, and worked out from itself in pandas.

Belongs here: what the rules give for the recording, without the registry, lake or dbt. The
deputies are named office holders: only sums, groups and rules are looked at, never ranks.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from itertools import pairwise
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[2]
EXTRACT = ROOT / "tests/data/fr_deputies_extract.parquet"
SHARED = ROOT.parent / "shared/data"
RECORDING = SHARED / "fr_deputies_twitter_daily.parquet"
GROUPS = SHARED / "fr_deputies_groups.csv.gz"
LONGEST_ABSENCE = 35
BUILD = ("dbt", "--", "build", "--exclude-resource-type", "unit_test", "--vars")
QUARTER_ENDS = [q.end_time.date() for q in pd.period_range("2015Q2", "2023Q1", freq="Q")]


class Deputies:
    """The recording, run through the command line into a folder."""

    def __init__(self, folder, recording, groups=None):
        self.recording, self.groups = recording, groups
        self.data_dir, self.registry_dir = folder / "data", folder / "registry"
        (self.registry_dir / "industries").mkdir(parents=True)
        given = ["--groups", str(groups)] if groups else []
        proposed = self.run("registry", "propose", str(recording), *given)
        file = self.registry_dir / "industries" / "fr_deputies.yaml"
        file.write_text(proposed, encoding="utf-8")
        self.imported = self.run("import", str(recording))
        window = "{from_quarter: 2015-Q2, to_quarter: 2023-Q1}"
        self.run(*BUILD, window)

    def run(self, *arguments):
        """Run one command, and fail with its words where it fails."""
        places = {
            "EFFEKTANALYS_DATA_DIR": str(self.data_dir),
            "EFFEKTANALYS_REGISTRY_DIR": str(self.registry_dir),
            "EFFEKTANALYS_TIMEZONE": "Europe/Stockholm",
        }
        done = subprocess.run(
            [str(Path(sys.executable).with_name("effektanalys")), *arguments],
            env={**os.environ, **places},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout

    def ask(self, query):
        """Return a query's rows from the candidate, opened read-only."""
        with duckdb.connect(str(self.data_dir / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(query).df()

    def growth(self):
        """Return the quarters of follower_growth, by the platform's account id and quarter end."""
        rows = self.ask(
            """
            select a.platform_account_id, g.* from marts.follower_growth as g
            join marts.dim_account as a using (account_id) where g.grain = 'quarter'
            """
        )
        rows["period_end_date"] = pd.to_datetime(rows["period_end_date"]).dt.date
        return rows.set_index(["platform_account_id", "period_end_date"]).sort_index()

    def parts(self):
        return {
            p: (p.stat().st_ino, p.stat().st_mtime_ns) for p in self.data_dir.rglob("lake/**/*")
        }


def readings_of(recording):
    """Return the readings in order: account, person, day in Stockholm, followers."""
    table = pq.read_table(
        recording, columns=["snapshot_ts_utc", "slug", "twitter_id", "followers", "tweets"]
    )
    frame = table.drop_columns(["twitter_id", "followers", "tweets"]).to_pandas()
    frame["account"] = table["twitter_id"].cast(pa.string()).to_pandas()
    frame["posts"] = table["tweets"].to_pandas()
    frame["followers"] = table["followers"].to_pandas()
    frame = frame[frame["account"].notna()].sort_values(["account", "snapshot_ts_utc"])
    moments = frame["snapshot_ts_utc"].dt.tz_localize("UTC").dt.tz_convert("Europe/Stockholm")
    frame["day"] = moments.dt.tz_localize(None).dt.normalize()
    # Ten ids were noted for two persons; the first one noted keeps the account.
    frame["person"] = frame.groupby("account")["slug"].transform("first")
    return frame


def closes_of(readings, ends):
    """Return the last valid reading of the seven days up to each end: followers and day."""
    found = []
    for end in map(pd.Timestamp, ends):
        window = readings[(readings.day > end - pd.Timedelta(days=7)) & (readings.day <= end)]
        highest = window.groupby("account")["followers"].transform("max")
        valid = window[(window.followers > 0) | (highest < 100)]
        found.append(valid.groupby("account").last()[["followers", "day"]].assign(end=end.date()))
    return pd.concat(found).set_index("end", append=True)


def breaks_of(readings, seen, replaced):
    """Return (account, day) of every return after 35 days, lasting fall to 0, and hand-over.

    And of every day on which an account's posts in all fell by more than half, to stay there.
    """
    days = readings.drop_duplicates(["account", "day"])
    away = days.groupby("account")["day"].diff() > pd.Timedelta(days=LONGEST_ABSENCE)
    found = [*zip(days.account[away], days.day[away], strict=True)]
    fallen = readings[readings.followers == 0]
    months = pd.period_range("2015-05", "2023-03", freq="M")
    closes = closes_of(
        readings[readings.account.isin(fallen.account)], [month.end_time.date() for month in months]
    ).followers
    for (account, month), zeros in fallen.groupby(["account", fallen.day.dt.to_period("M")]):
        own = readings[(readings.account == account) & (readings.day <= month.end_time)]
        before = own[own.day < month.start_time].day.max()
        earlier = before.to_period("M").end_time.date() if pd.notna(before) else None
        highest = max(
            own[own.day >= month.start_time].followers.max(), closes.get((account, earlier), 0)
        )
        if highest >= 100 and closes.get((account, month.end_time.date())) == 0:
            found.append((account, zeros.day.min()))
    found += falls_of(readings)
    for ended, successor in replaced:
        day = seen["last"][ended] + pd.Timedelta(days=1)
        found += [(ended, day), (successor, day)]
    return pd.DataFrame(found, columns=["account", "break_day"])


def falls_of(readings):
    """Return (account, day) where less than half of 100 posts or more is left in the quarter."""
    known = readings[readings.posts.notna()].reset_index(drop=True)
    earlier = known.groupby("account")["posts"].shift()
    quarter = known.day.dt.to_period("Q")
    found = []
    for index in known.index[(earlier >= 100) & (known.posts * 2 < earlier)]:
        own = (known.account == known.account[index]) & (quarter == quarter[index])
        rest = known.posts[own & (known.index >= index)]
        if not (rest * 10 >= earlier[index] * 9).any():
            found.append((known.account[index], known.day[index]))
    return found


def seen_accounts(readings):
    """Return each account's person, first and last day, and whether it ended before the end."""
    seen = readings.groupby("account").agg(
        person=("person", "first"), first=("day", "min"), last=("day", "max")
    )
    return seen.assign(is_over=seen["last"] < readings.day.max() - pd.Timedelta(days=7))


def successions_of(seen):
    """Return (account, the person's next one) where the next began after the end of the first."""
    found = []
    for _, own in seen.sort_values("first").groupby("person"):
        for account in own.index[own.is_over]:
            later = own[own["first"] > own["last"][account]]
            if len(later):
                found.append((account, later.index[0]))
    return found


def expected_growth(recording):
    """Return followers and growth status by account and quarter end, from the rules alone."""
    readings = readings_of(recording)
    seen = seen_accounts(readings)
    several = seen.groupby("person")["first"].transform("size") > 1
    since = seen.groupby("person")["first"].transform("min")
    until = seen.groupby("person")["last"].transform("max")
    since, until = since.where(~several, seen["first"]), until.where(~several, seen["last"])
    until = until.where(until < readings.day.max() - pd.Timedelta(days=7), pd.Timestamp.max)
    closes = closes_of(readings, [date(2015, 3, 31), *QUARTER_ENDS])
    rows = []
    for start, end in zip([date(2015, 3, 31), *QUARTER_ENDS], QUARTER_ENDS, strict=False):
        there = seen.index[(since <= pd.Timestamp(end)) & (until >= pd.Timestamp(end))]
        index = pd.Index(there, name="account")
        first, last = (
            closes[closes.index.get_level_values("end") == day].droplevel("end").reindex(index)
            for day in (start, end)
        )
        rows.append(
            pd.DataFrame(
                {
                    "end": end,
                    "start_count": first.followers,
                    "start_day": first.day,
                    "end_count": last.followers,
                    "end_day": last.day,
                }
            ).reset_index()
        )
    rows = pd.concat(rows)
    crossed = rows.merge(breaks_of(readings, seen, successions_of(seen)), on="account")
    crossed = crossed[
        (crossed.break_day > crossed.start_day) & (crossed.break_day <= crossed.end_day)
    ]
    rows = rows.set_index(["account", "end"]).sort_index()
    rows["status"] = "ok"
    rows.loc[rows.start_count < 100, "status"] = "small_base"
    rows.loc[pd.MultiIndex.from_frame(crossed[["account", "end"]]).unique(), "status"] = (
        "account_break"
    )
    rows.loc[rows.start_count.isna(), "status"] = "stale_start"
    rows.loc[rows.end_count.isna(), "status"] = "stale_end"
    return rows


def assert_growth_follows_the_rules(deputies):
    expected, rows = expected_growth(deputies.recording), deputies.growth()
    assert rows.index.tolist() == expected.index.tolist()
    ends = pd.DataFrame({"told": rows.followers_end_count, "expected": expected.end_count})
    ends = ends.astype("Float64").fillna(-1)
    wrong = ends[ends.told != ends.expected]
    assert wrong.empty, wrong.head(20).to_string()
    states = pd.DataFrame({"told": rows.growth_status, "expected": expected.status})
    wrong = states[states.told != states.expected]
    assert wrong.empty, wrong.head(20).to_string()
    grown = 100 * (expected.end_count / expected.start_count - 1)
    grown = grown.where(expected.status == "ok")
    assert (rows.follower_growth_pct.isna() == grown.isna()).all()
    assert (rows.follower_growth_pct - grown).abs().max() < 1e-9
    return expected


def assert_no_period_grows_over_a_break(deputies):
    """Look at every grain: months, quarters, half years, years, and the year-on-year rates."""
    readings = readings_of(deputies.recording)
    seen = seen_accounts(readings)
    rows = deputies.ask(
        """
        select a.platform_account_id as account, g.period_start_date, g.closed_at,
            g.period_end_date, g.follower_growth_pct, g.growth_yoy_pct
        from marts.follower_growth as g join marts.dim_account as a using (account_id)
        """
    )
    crossed = rows.merge(breaks_of(readings, seen, successions_of(seen)), on="account")
    crossed = crossed[crossed.break_day <= crossed.closed_at.dt.normalize()]
    within = crossed[crossed.break_day >= crossed.period_start_date]
    assert len(within) > 0
    assert within.follower_growth_pct.isna().all()
    year_ago = crossed.period_end_date - pd.DateOffset(years=1)
    assert crossed[crossed.break_day > year_ago].growth_yoy_pct.isna().all()


def quiet_quarters(recording):
    """Return the quarters, as 2018-Q3, in which nothing happened that a person must answer for.

    Nine tenths and more of the accounts were read at both ends, nobody of 100 followers or more
    grew or shrank threefold, and nobody did so from one reading to the next.
    """
    readings = readings_of(recording)
    closes = (
        closes_of(readings, QUARTER_ENDS)
        .reset_index()
        .pivot_table(index="account", columns="end", values="followers")
    )
    days = readings.groupby("account")["day"].agg(["min", "max"])
    earlier = readings.groupby("account")["followers"].shift()
    leaps = readings.assign(earlier=earlier).dropna(subset=["earlier"])
    leaps = leaps[leaps[["followers", "earlier"]].max(axis=1) >= 100]
    leaps = leaps[threefold(leaps.earlier, leaps.followers)]
    found = []
    for start, end in pairwise(QUARTER_ENDS):
        if start not in closes or end not in closes:
            continue
        first, last = pd.Timestamp(start), pd.Timestamp(end)
        there = days.index[(days["min"] <= last) & (days["max"] >= last)]
        both = closes[[start, end]].reindex(there).dropna()
        grown = threefold(both[start], both[end]) & (both.max(axis=1) >= 100)
        leapt = leaps.day.between(first + pd.Timedelta(days=1), last).any()
        if len(both) >= 0.9 * len(there) and not grown.any() and not leapt:
            found.append(f"{end.year}-Q{last.quarter}")
    return found


def threefold(before, after):
    """Return where a count is more than three times the other, either way."""
    return (after > 3 * before) | (before > 3 * after)
