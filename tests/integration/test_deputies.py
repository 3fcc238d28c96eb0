"""Eight years of French deputies: one command imports them, and growth is what the rules say.

Expected values are worked out from the recording in pandas, without the registry, lake or dbt.
The deputies are named office holders: only sums, groups and rules are looked at, never ranks.
"""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from extractors.registry import load_registry
from tests.support.deputies import (
    EXTRACT,
    GROUPS,
    RECORDING,
    Deputies,
    assert_growth_follows_the_rules,
    assert_no_period_grows_over_a_break,
    expected_growth,
    quiet_quarters,
    readings_of,
)
from tests.support.gates import PlainJudge, Waived, judge


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


@pytest.mark.deputies
def test_the_gate_raises_no_alarm_about_a_quiet_quarter(everybody):
    quiet = quiet_quarters(RECORDING)
    assert len(quiet) >= 12, quiet
    for quarter in quiet:
        # The quarters before were never released here.
        history = Waived("history", "closed_quarters_unchanged", quarter)
        result = judge(everybody.data_dir, quarter, waivers=[history], make_judge=PlainJudge)
        assert result.passed, str(result)
