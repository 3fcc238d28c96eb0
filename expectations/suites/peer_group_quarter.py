"""Suite of `peer_group_quarter`: the registry's groups, in the order of the industry's lists."""

from expectations.check import Check, always_true

TABLE = "peer_group_quarter"

CHECKS = (
    Check(
        id="peer_groups_ranked",
        batch="""
            select
                expected.industry_id,
                expected.peer_group_id,
                expected.account_id,
                expected.platform,
                expected.metric,
                listed.group_rank,
                expected.group_rank as expected_rank,
                listed.value is not distinct from expected.value
                and listed.group_rank is not distinct from expected.group_rank
                and listed.group_account_count is not distinct from expected.account_count
                and case
                    when expected.account_count > $least_others then
                        coalesce(
                            abs(listed.group_mean - expected.group_mean)
                            <= $tolerance * greatest(abs(expected.group_mean), 1)
                            and abs(listed.group_median - expected.group_median)
                            <= $tolerance * greatest(abs(expected.group_median), 1)
                            and abs(
                                listed.other_mean * (expected.account_count - 1)
                                - (expected.group_mean * expected.account_count - expected.value)
                            ) <= $tolerance * greatest(abs(listed.other_mean), 1)
                            * expected.account_count,
                            false
                        )
                    else
                        listed.group_mean is null
                        and listed.other_mean is null
                        and listed.group_median is null
                end as agrees
            from (
                select
                    members.peer_group_id,
                    ranked.*,
                    dense_rank() over (
                        partition by members.peer_group_id, ranked.platform, ranked.metric
                        order by ranked.rank
                    ) as group_rank,
                    count(*) over (
                        partition by members.peer_group_id, ranked.platform, ranked.metric
                    ) as account_count,
                    avg(ranked.value) over (
                        partition by members.peer_group_id, ranked.platform, ranked.metric
                    ) as group_mean,
                    median(ranked.value) over (
                        partition by members.peer_group_id, ranked.platform, ranked.metric
                    ) as group_median
                from staging.stg_registry__peer_groups as members
                inner join marts.ranking_quarter as ranked
                    on
                        members.industry_id = ranked.industry_id
                        and members.organisation_id = ranked.organisation_id
                        and ranked.quarter = $quarter
                inner join marts.dim_quarter as quarters
                    on
                        ranked.quarter = quarters.quarter
                        and quarters.quarter_end_date
                        between coalesce(members.valid_from_date, quarters.quarter_end_date)
                        and coalesce(members.valid_to_date, quarters.quarter_end_date)
            ) as expected
            left join marts.peer_group_quarter as listed
                on
                    expected.peer_group_id = listed.peer_group_id
                    and expected.account_id = listed.account_id
                    and expected.metric = listed.metric
                    and listed.quarter = $quarter
        """,
        failing="not agrees",
        reason="""
            'account ' || account_id || ' in ' || peer_group_id || ': place '
            || coalesce(group_rank || '', 'none') || ' by ' || metric || ', the industry''s list '
            || 'gives ' || expected_rank || '; or its value or the group''s mean is another'
        """,
        expectations=always_true("agrees"),
        minimum_rows=0,
    ),
)
