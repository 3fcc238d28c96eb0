"""Suite of `target_quarter`: the registry's targets, and how far the accounts have come."""

from expectations.check import Check, always_true

TABLE = "target_quarter"

CHECKS = (
    Check(
        id="targets_followed",
        batch="""
            select
                expected.industry_id,
                targets.organisation_id,
                targets.platform,
                targets.metric,
                listed.value,
                listed.target_value,
                listed.progress_pct,
                listed.row_count is not distinct from 1
                and listed.target_value is not distinct from targets.target_value
                and case
                    when listed.progress_pct is not null then
                        abs(
                            listed.progress_pct * (targets.target_value - listed.start_value)
                            - 100 * (listed.value - listed.start_value)
                        ) <= $tolerance * greatest(abs(targets.target_value), 1)
                    else coalesce(listed.progress_status <> 'ok', false)
                end as agrees
            from staging.stg_registry__targets as targets
            inner join (
                select distinct industry_id, organisation_id, platform from gate_expected
            ) as expected
                on
                    targets.organisation_id = expected.organisation_id
                    and targets.platform = expected.platform
            inner join marts.dim_quarter as quarters
                on
                    quarters.quarter = $quarter
                    and quarters.quarter_end_date
                    >= coalesce(targets.valid_from_date, quarters.quarter_end_date)
            left join (
                select
                    *,
                    count(*) over (
                        partition by organisation_id, platform, metric, by_date
                    ) as row_count
                from marts.target_quarter
                where quarter = $quarter
            ) as listed
                on
                    targets.organisation_id = listed.organisation_id
                    and targets.platform = listed.platform
                    and targets.metric = listed.metric
                    and targets.by_date = listed.by_date
        """,
        failing="not agrees",
        reason="""
            'organisation ' || organisation_id || ' on ' || platform || ': '
            || coalesce(value || '', 'no value') || ' of '
            || coalesce(target_value || '', 'a missing row') || ' by ' || metric || ' is not '
            || coalesce(round(progress_pct, 2) || '', 'no') || ' percent of the way'
        """,
        expectations=always_true("agrees"),
        minimum_rows=0,
    ),
)
