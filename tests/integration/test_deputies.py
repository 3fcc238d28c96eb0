"""Eight years of French deputies: one command imports them, and growth is what the rules say.

Expected values are worked out from the recording in pandas, without the registry, lake or dbt.
The deputies are named office holders: only sums, groups and rules are looked at, never ranks.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extractors.registry import load_registry

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


@pytest.fixture(scope="module")
def extract(tmp_path_factory):
    return Deputies(tmp_path_factory.mktemp("extract"), EXTRACT)


def test_the_extract_grows_as_the_rules_say(extract):
    expected = assert_growth_follows_the_rules(extract)
    assert_no_period_grows_over_a_break(extract)
    found = expected.status.value_counts()
    assert set(found.index) >= {"ok", "stale_start", "stale_end", "small_base", "account_break"}


def test_every_reading_lies_in_the_lake_doubled_ones_and_zeros_too(extract):
    readings = readings_of(EXTRACT)
    (row,) = extract.ask(
        """
        select count(*) as rows, sum(followers_count) as followers,
            count(*) filter (where followers_count = 0) as zeros
        from staging.stg_lake__profile_snapshots
        """
    ).itertuples()
    assert (row.rows, row.followers) == (len(readings), readings.followers.sum())
    assert row.zeros == (readings.followers == 0).sum() > 0
    assert f"{len(readings):,} rows of 11 accounts" in extract.imported
    assert (
        "Contains data from Regards Citoyens, twitter-parlementaires, ODbL 1.0." in extract.imported
    )


def test_the_fall_to_zero_of_august_2015_is_logged_and_counts_as_no_growth(extract):
    logged = extract.ask(
        "select break_date from marts.break_log where kind = 'counter_fell_to_zero'"
        " and break_date between '2015-08-26' and '2015-08-28'"
    )
    zeros = readings_of(EXTRACT).query("followers == 0")
    struck = zeros[(zeros.day >= "2015-08-26") & (zeros.day <= "2015-08-28")].account.unique()
    assert len(struck) == len(logged) == 3
    told = extract.growth().growth_status
    assert [told[account, date(2015, 9, 30)] for account in struck] == ["ok"] * 3


def test_nobody_is_absent_while_nothing_was_collected(extract):
    readings = readings_of(EXTRACT)
    hole = readings[(readings.day > "2021-06-02") & (readings.day < "2021-07-04")]
    assert hole.empty
    logged = extract.ask("select break_date from marts.break_log where kind = 'absence'")
    returned = pd.to_datetime(logged.break_date).dt.date.tolist()
    assert not [day for day in returned if day.year == 2021 and day.month in (6, 7)]
    assert {date(2015, 12, 24), date(2018, 7, 19), date(2021, 1, 21)} <= set(returned)


def test_persons_are_numbered_and_their_accounts_have_days_and_successors(extract):
    accounts = {a.platform_account_id: a for a in load_registry(extract.registry_dir).accounts()}
    first, second = accounts["866589563023749120"], accounts["1384491847129571335"]
    assert (first.valid_from, first.valid_to) == (date(2017, 7, 3), date(2022, 6, 20))
    assert (second.valid_from, second.valid_to) == (date(2022, 6, 22), None)
    assert first.successor_account_id == second.account_id == "deputy_0001.x2"
    assert first.is_main
    assert second.is_main
    # These two ran side by side: neither took the other's place.
    beside = [accounts["710188410661695488"], accounts["883251500138598400"]]
    assert [a.successor_account_id for a in beside] == [None, None]
    assert [a.is_main for a in beside] == [False, True]
    assert all(a.organisation_id.startswith("deputy_") for a in accounts.values())
    renamed = accounts["474789922"]
    assert renamed.handle_on(date(2015, 10, 8)) == "fdc3403"
    assert renamed.handle_on(date(2015, 10, 9)) == "F_DombreCoste"


def test_a_second_import_changes_nothing(extract):
    before = extract.parts()
    assert "nothing changed" in extract.run("import", str(EXTRACT))
    assert extract.parts() == before


@pytest.fixture(scope="module")
def everybody(tmp_path_factory):
    if not RECORDING.exists():
        pytest.skip("the deputies' recording is not beside the repository")
    return Deputies(tmp_path_factory.mktemp("deputies"), RECORDING, GROUPS)


@pytest.mark.deputies
def test_all_deputies_grow_as_the_rules_say(everybody):
    expected = assert_growth_follows_the_rules(everybody)
    assert_no_period_grows_over_a_break(everybody)
    sums = expected.groupby("end").end_count.agg(["sum", "count"]).astype(int)
    # Stated with the source, for this very day.
    assert sums.loc[date(2018, 12, 31)].tolist() == [10_173_513, 543]


@pytest.mark.deputies
def test_a_real_jump_overnight_is_kept_as_it_was_read(everybody):
    told = everybody.ask(
        """
        select s.followers_count from staging.stg_lake__profile_snapshots as s
        join marts.dim_account as a using (account_id)
        where a.platform_account_id = '1110890216'
            and s.observed_date between '2017-05-15' and '2017-05-16'
        order by s.observed_at
        """
    )
    assert [told.followers_count.iloc[0], told.followers_count.iloc[-1]] == [19_257, 41_123]


@pytest.mark.deputies
def test_the_source_and_the_lake_agree_on_the_days_between_closes(everybody):
    told = everybody.ask(
        """
        select observed_date, sum(followers) as followers, count(*) as accounts from (
            select observed_date, account_id, max_by(followers_count, observed_at) as followers
            from staging.stg_lake__profile_snapshots
            where observed_date in ('2018-01-01', '2018-12-31', '2022-01-01', '2022-04-01')
            group by observed_date, account_id
        ) group by observed_date order by observed_date
        """
    )
    assert list(zip(told.followers, told.accounts, strict=True)) == [
        (8_115_951, 523),
        (10_173_513, 543),
        (15_406_890, 603),
        (16_201_726, 603),
    ]


@pytest.mark.deputies
def test_groups_are_segments_that_add_up(everybody):
    told = everybody.ask(
        """
        select g.period_end_date, s.value as segment, sum(g.followers_end_count) as followers
        from marts.follower_growth as g
        join raw.registry_organisation_attributes as s
            on g.organisation_id = s.organisation_id and s.attribute = 'group'
            and g.period_end_date >= coalesce(s.valid_from, g.period_end_date)
            and g.period_end_date <= coalesce(s.valid_to, g.period_end_date)
        where g.grain = 'quarter' and g.followers_end_count is not null
        group by all
        """
    )
    told["period_end_date"] = pd.to_datetime(told.period_end_date).dt.date
    told = told.set_index(["period_end_date", "segment"]).followers.astype(int).to_dict()
    seats = pd.read_csv(GROUPS).dropna(subset=["groupe_sigle"])
    seats["day"] = (
        pd.to_datetime(seats.snapshot_ts_utc, utc=True).dt.tz_convert("Europe/Stockholm").dt.date
    )
    seats = seats.sort_values(["snapshot_ts_utc", "slug", "groupe_sigle"])
    persons = readings_of(RECORDING).groupby("account").person.first()
    rows = expected_growth(RECORDING).reset_index()
    rows["person"] = rows.account.map(persons)
    expected = {}
    for end, quarter in rows.dropna(subset=["end_count"]).groupby("end"):
        seated = seats[seats.day <= end].groupby("slug").groupe_sigle.last()
        counts = quarter.groupby(quarter.person.map(seated)).end_count.sum().astype(int)
        expected.update({(end, group): followers for group, followers in counts.items()})
    assert told == expected
    assert {"LREM", "REN"} <= {group for _, group in told}


@pytest.mark.deputies
def test_a_second_import_of_everybody_changes_nothing(everybody):
    before = everybody.parts()
    assert "nothing changed" in everybody.run("import", str(RECORDING))
    assert everybody.parts() == before
