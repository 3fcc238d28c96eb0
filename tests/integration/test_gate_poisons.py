"""Every poison that the gate must stop: what was done to the candidate, and who noticed."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pytest

from expectations.receipt import read_receipt
from expectations.required_checks import required_checks
from tests.support.candidate import clean_copy
from tests.support.engagement_poisons import ENGAGEMENT_POISONS
from tests.support.gates import ACCOUNT, QUARTER, alter, found, gate, refusing
from tests.support.recount_poisons import RECOUNT_POISONS
from tests.support.rollup_poisons import ROLLUP_POISONS
from tests.support.text_poisons import TEXT_POISONS


@dataclass(frozen=True)
class Poison:
    """A statement on the candidate, the checks that refuse it, and what they say."""

    sql: str
    refuses: set[str]
    words: str


POISONS = {
    "an industry is missing": Poison(
        "delete from marts.benchmark_industry_quarter where industry_id = 'ports'",
        refuses={"benchmark_industries_present"},
        words="industry ports on bluesky",
    ),
    "an account is missing": Poison(
        f"delete from marts.follower_growth where account_id = '{ACCOUNT}'",
        refuses={"growth_equals_benchmark", "growth_rows_present"} | {"scores_recounted"},
        words=f"{ACCOUNT}",
    ),
    "a month of an account is missing": Poison(
        f"delete from marts.follower_growth where account_id = '{ACCOUNT}' and grain = 'month' "
        f"and quarter = '{QUARTER}' and month(period_end_date) = 5",
        refuses={"growth_rows_present"},
        words=f"{ACCOUNT} has not one row each for 1 of the",
    ),
    "an account is there twice": Poison(
        "insert into marts.benchmark_account_quarter select * from "
        f"marts.benchmark_account_quarter where account_id = '{ACCOUNT}' and quarter = "
        f"'{QUARTER}'",
        refuses={"benchmark_accounts_present", "industries_reconciled"}
        | {"organisations_rolled_up"}
        | {"peers_recounted", "ranked_values_agree", "rows_unique"},
        words=f"account {ACCOUNT} has 2 rows, not 1",
    ),
    "coverage is too low": Poison(
        "update marts.benchmark_industry_quarter set covered_account_count = 7, "
        f"coverage_pct = 87.5 where industry_id = 'museums' and quarter = '{QUARTER}'",
        refuses={"coverage", "industries_reconciled", "rankings_present"},
        words="museums on bluesky: 7 of 8 accounts have a reading",
    ),
    "a share is above 100": Poison(
        "update marts.benchmark_industry_quarter set coverage_pct = 114 where quarter ="
        f" '{QUARTER}'",
        refuses={"distribution_in_order"},
        words="outside 0-100",
    ),
    "percentiles are mixed up": Poison(
        "update marts.benchmark_industry_quarter set follower_growth_p75_pct = -1",
        refuses={"distribution_in_order"},
        words="percentiles do not rise",
    ),
    "growth is not what start and end give": Poison(
        "update marts.follower_growth set follower_growth_pct = follower_growth_pct + 1"
        f" where account_id = '{ACCOUNT}' and quarter = '{QUARTER}'",
        refuses={"growth_arithmetic", "growth_equals_benchmark"},
        words=f"{ACCOUNT}",
    ),
    "growth is missing without a reason": Poison(
        "update marts.follower_growth set follower_growth_pct = null where account_id ="
        f" '{ACCOUNT}' and quarter = '{QUARTER}'",
        refuses={"growth_arithmetic", "growth_equals_benchmark", "growth_has_reason"},
        words="growth_status ok",
    ),
    "growth is infinite": Poison(
        "update marts.benchmark_account_quarter set follower_growth_pct = 'infinity' "
        f"where account_id = '{ACCOUNT}' and quarter = '{QUARTER}'",
        refuses={"accounts_have_reason", "growth_equals_benchmark"} | {"ranked_values_agree"},
        words=f"{ACCOUNT}",
    ),
    "the quarter opens elsewhere than the last one closed": Poison(
        "update marts.benchmark_account_quarter set followers_end_count = "
        f"followers_end_count + 1 where account_id = '{ACCOUNT}' and quarter = '2026-Q1'",
        refuses={"account_history_agrees", "quarters_chain"},
        words=f"account {ACCOUNT} opens with",
    ),
    "the place before is not the place before": Poison(
        "update marts.ranking_quarter set rank_previous = rank_previous + 1 where "
        f"account_id = '{ACCOUNT}' and quarter = '{QUARTER}'",
        refuses={"rank_history_agrees"},
        words=f"{ACCOUNT}",
    ),
    "a place is left out": Poison(
        "update marts.ranking_quarter set rank = rank + 1, rank_change = rank_change - "
        f"1 where rank >= 4 and quarter = '{QUARTER}' and metric = 'followers_end_count'",
        refuses={"ranks_dense", "ranks_follow_values"},
        words="1 are left out",
    ),
    "the smallest is ranked first": Poison(
        "update marts.ranking_quarter set rank = 9 - rank, rank_previous = null, "
        f"rank_change = null where quarter = '{QUARTER}' and industry_id = 'museums' and"
        " metric = 'followers_end_count'",
        refuses={"rank_history_agrees", "ranks_follow_values"}
        | {"peers_follow_ranks", "peer_groups_ranked"},
        words="which its neighbours do not allow",
    ),
    "the previous growth of an industry is another": Poison(
        "update marts.benchmark_industry_quarter set "
        "follower_growth_pooled_pct_previous = 1 where industry_id = 'ports' and "
        f"quarter = '{QUARTER}'",
        refuses={"industry_history_agrees"},
        words="ports on bluesky",
    ),
    "days are counted that nobody saw": Poison(
        f"update marts.coverage_quarter set observed_day_count = 90 where account_id = '{ACCOUNT}'",
        refuses={"coverage_rows_present"} | {"coverage_recounted"},
        words="90 observed days, the staged snapshots 13",
    ),
    "a lifetime counter falls": Poison(
        "update staging.stg_lake__profile_snapshots set posts_total_count = 12 where "
        f"account_id = '{ACCOUNT}' and observed_date > date '2026-05-10'",
        refuses={"counters_do_not_fall"},
        words=f"account {ACCOUNT}: posts_total fell from 324 to 12 by 2026-05-13",
    ),
    "a declared break is not logged": Poison(
        f"insert into staging.stg_registry__declared_breaks values ('{ACCOUNT}', date "
        "'2026-05-01', 'account_merged', 'Two became one.')",
        refuses={"declared_breaks_logged"},
        words="account_merged of 2026-05-01",
    ),
    "an account of the registry is not listed": Poison(
        f"delete from marts.dim_account where account_id = '{ACCOUNT}'",
        refuses={"accounts_present"},
        words=f"{ACCOUNT}",
    ),
    "a ranked metric has no definition": Poison(
        "delete from marts.metric_definitions where metric = 'follower_change_count'",
        refuses={"metrics_defined"},
        words="follower_change_count",
    ),
    "a column is not described": Poison(
        "delete from marts.data_dictionary where column_name = 'coverage_pct'",
        refuses={"columns_described"},
        words="benchmark_industry_quarter.coverage_pct",
    ),
    "a table would go out unchecked": Poison(
        "create table marts.extra as select 1 as number",
        refuses={"tables_declared"},
        words="extra is not declared",
    ),
    "something is still preliminary": Poison(
        f"update marts.ranking_quarter set is_preliminary = true where quarter = '{QUARTER}'",
        refuses={"quarter_is_final"},
        words="preliminary in ranking_quarter",
    ),
    "an industry of the registry is not listed": Poison(
        "delete from marts.dim_industry where industry_id = 'ports'",
        refuses={"industries_present"},
        words="industry ports is in the registry but not in dim_industry",
    ),
    "an organisation of the registry is not listed": Poison(
        "delete from marts.dim_organisation where organisation_id = 'ports_2'",
        refuses={"organisations_present"},
        words="organisation ports_2 is in the registry",
    ),
    "the quarter before had other posts": Poison(
        "update marts.benchmark_activity_quarter set post_count_previous = 1 "
        f"where quarter = '{QUARTER}'",
        refuses={"activity_history_agrees"},
        words="is said to have published 1 posts in the quarter before",
    ),
    "more questions are answered than asked": Poison(
        "update marts.benchmark_service_quarter set answered_inquiry_count = 21 "
        f"where account_id = '{ACCOUNT}' and quarter = '{QUARTER}'",
        refuses={"service_possible"} | {"service_recounted"},
        words=f"account {ACCOUNT}: 21 of 20 questions answered",
    ),
    "the population is another one": Poison(
        "update marts.benchmark_audience_quarter set population_count = 20000 "
        f"where account_id = '{ACCOUNT}' and quarter = '{QUARTER}'",
        refuses={"audience_arithmetic"},
        words=f"account {ACCOUNT}",
    ),
    "a share of the followers is lost": Poison(
        "delete from marts.follower_demographics_quarter where segment = 'men' "
        f"and account_id = '{ACCOUNT}' and quarter = '{QUARTER}'",
        refuses={"demographic_shares_sum"},
        words=f"account {ACCOUNT}: its followers by gender add up to 60.0 %",
    ),
    "followers are divided as no export divides them": Poison(
        "update marts.follower_demographics_quarter set segment = 'other' "
        f"where segment = 'men' and account_id = '{ACCOUNT}' and quarter = '{QUARTER}'",
        refuses={"demographics_staged"},
        words=f"account {ACCOUNT}: no export of the quarter divides its followers by gender into",
    ),
    "a third place is called a first": Poison(
        "update marts.placement_quarter set place = 1 "
        f"where industry_id = 'ports' and quarter = '{QUARTER}' and place = 3",
        refuses={"placements_follow_ranks", "effect_adds_up"},
        words="by follower_growth_pct on bluesky; the ranking says 3",
    ),
    "points are given away": Poison(
        "update marts.effect_quarter set points_count = points_count + 1 "
        f"where industry_id = 'ports' and quarter = '{QUARTER}'",
        refuses={"effect_adds_up", "effect_year_adds_up"},
        words="its placements bring",
    ),
    "a score lies above its parts": Poison(
        f"update marts.score_quarter set score_0_100 = 81 where quarter = '{QUARTER}'",
        refuses={"scores_possible"} | {"scores_recounted"},
        words="a score of 81.0 that its parts do not give",
    ),
    "a user's score is ranked by nothing": Poison(
        f"update marts.linear_score_quarter set rank = 1 where quarter = '{QUARTER}'",
        refuses={"linear_scores_ranked"},
        words="stands 1 by power; its points give place",
    ),
    "a list ranks what nobody has defined": Poison(
        "insert into marts.effect_lists values ('likes', 'likes', false)",
        refuses={"effect_lists_defined"},
        words="the seed effect_lists names likes",
    ),
    "a part of the score weighs nothing": Poison(
        "update marts.score_weights set weight = 0",
        refuses={"score_weights_defined"} | {"scores_recounted"},
        words="the seed score_weights names followers_end_count",
    ),
    "two grades begin at one score": Poison(
        "update marts.score_grades set score_from = 0",
        refuses={"score_grades_chain"} | {"rows_unique"},
        words="does not begin above the one before it",
    ),
    "a term is divided by nothing": Poison(
        "update marts.linear_scores set divisor = 0",
        refuses={"linear_scores_defined"},
        words="its number is not above 0",
    ),
    "a median is another industry's": Poison(
        "update marts.metric_industry_quarter set value_median = 1 "
        f"where industry_id = 'ports' and quarter = '{QUARTER}' and segment = 'all' "
        "and metric = 'followers_end_count'",
        refuses={"metric_statistics_agree"},
        words="followers_end_count of ports on bluesky",
    ),
    "a group is larger than its industry": Poison(
        "update marts.metric_industry_quarter set value_count = 99 "
        f"where industry_id = 'ports' and quarter = '{QUARTER}' and segment = 'size_class'",
        refuses={"segments_within_industry"},
        words="the groups by size_class hold 99 values, the industry 6",
    ),
    "the last stand above the first": Poison(
        "update marts.peers_quarter set percentile_pct = 100 - percentile_pct "
        f"where quarter = '{QUARTER}'",
        refuses={"peers_follow_ranks"} | {"peers_recounted", "scores_recounted"},
        words="do not go together",
    ),
    "the hours of the week lack a day": Poison(
        "delete from marts.posting_times_quarter where industry_id = 'ports'",
        refuses={"posting_times_sum"} | {"posting_times_recounted"},
        words="industry ports on bluesky: its hours of the week hold 0 posts",
    ),
    "two size classes begin at one number": Poison(
        "update marts.size_classes set followers_from_count = 0",
        refuses={"size_classes_chain"},
        words="size class large does not begin above",
    ),
    "a platform's interactions are a sum of nothing": Poison(
        "delete from marts.interaction_definitions",
        refuses={"interactions_defined", "interactions_reconciled", "tables_declared"}
        | {
            "best_posts_recounted",
            "engagement_recounted",
            "formats_recounted",
            "posting_times_recounted",
        },
        words="which counters of bluesky count",
    ),
    "a changed definition has no day": Poison(
        "update marts.metric_definition_changes set effective_date = null",
        refuses={"definition_changes_dated"},
        words="bluesky changed followers_end_count, but the day",
    ),
    "growth can be stated for few": Poison(
        "update marts.benchmark_industry_quarter set growth_account_count = 2 "
        f"where industry_id = 'ports' and quarter = '{QUARTER}'",
        refuses={"growth_coverage", "industries_reconciled"},
        words="growth can be stated for 2 of 6 accounts",
    ),
    **{
        name: Poison(*poison)
        for name, poison in (
            ENGAGEMENT_POISONS | TEXT_POISONS | ROLLUP_POISONS | RECOUNT_POISONS
        ).items()
    },
}


@pytest.fixture
def data(tmp_path):
    return clean_copy(tmp_path)


@pytest.mark.parametrize("poison", POISONS)
def test_a_poison_is_stopped_and_named(data, poison):
    poison = POISONS[poison]
    alter(data, poison.sql)
    result = gate(data)
    assert refusing(result) == poison.refuses, str(result)
    assert poison.words in str(result)
    rows = [row for check in result.refusing for row in check.failing_rows]
    assert all(row["reason"] for row in rows)
    assert not any(check.outcome == "errored" for check in result.checks)


def test_every_check_that_reads_rows_has_its_poison():
    stopped = set().union(*(poison.refuses for poison in POISONS.values()))
    by_their_readings = {
        "accounts_reconciled",
        "closed_quarters_unchanged",
        "growth_plausible",
        "growth_usual",
        "jumps_are_logged",
        "source_alive",
    }
    assert {check.id for check in required_checks()} - stopped - by_their_readings == set()


def test_values_shifted_by_one_account_are_caught_with_every_sum_intact(data):
    # A join on the wrong row number: each industry keeps its counts and sums.
    alter(
        data,
        "create temp table shifted as select account_id, coalesce(lead(followers_end_count) over w,"
        " min(followers_end_count) over (partition by industry_id)) as followers from "
        f"marts.benchmark_account_quarter where quarter = '{QUARTER}' "
        "window w as (partition by industry_id order by account_id)",
        "update marts.benchmark_account_quarter as b set followers_end_count = s.followers "
        f"from shifted as s where b.account_id = s.account_id and b.quarter = '{QUARTER}'",
    )
    result = gate(data)
    caught = found(result, "accounts_reconciled")
    assert not caught.passed
    assert caught.failing_count == 14
    assert f"account {ACCOUNT}: the mart says" in " ".join(
        str(row["reason"]) for row in caught.failing_rows
    )


def test_an_empty_candidate_is_refused(data):
    with duckdb.connect(str(data / "warehouse.duckdb")) as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
        ).fetchall()
    alter(data, *(f"delete from marts.{table}" for (table,) in tables))
    result = gate(data)
    assert {"tables_declared", "benchmark_accounts_present", "coverage", "quarter_is_final"} <= (
        refusing(result)
    )
    assert "follower_growth has no rows" in " ".join(
        str(row["reason"]) for row in found(result, "tables_declared").failing_rows
    )


def test_a_missing_table_is_a_check_that_could_not_run_and_refuses(data):
    alter(data, "drop table marts.ranking_quarter")
    result = gate(data)
    assert found(result, "ranks_dense").outcome == "errored"
    assert found(result, "ranks_dense").severity == "error"
    assert "ranking_quarter is missing: build it" in found(result, "tables_declared").message
    assert read_receipt(result.receipt_path).refusing(required_checks())
