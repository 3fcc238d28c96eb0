"""Suite of `benchmark_service_quarter`: answers that were possible."""

from expectations.check import Check, always_true

TABLE = "benchmark_service_quarter"

# A question's last reading until the eighth day after the quarter. It counts when it was looked at
# again after its seven days; a reply that took longer is none.
_STAGED = """
    select
        account_id,
        count(*) as read_count,
        count(*) filter (where is_settled) as inquiry_count,
        count(*) filter (where not is_settled) as open_inquiry_count,
        count(minutes) filter (where is_settled) as answered_count,
        100.0::double * count(minutes) filter (where is_settled)
        / count(*) filter (where is_settled) as response_rate_pct,
        100.0::double * count(*) filter (where is_settled and minutes <= 1440)
        / count(*) filter (where is_settled) as answered_24h_pct,
        min(minutes) filter (where is_settled) as response_fastest_minutes,
        median(minutes) filter (where is_settled) as response_median_minutes,
        avg(minutes) filter (where is_settled) as response_mean_minutes,
        quantile_cont(minutes, 0.9) filter (where is_settled) as response_p90_minutes
    from (
        select
            latest.account_id,
            latest.observed_second - latest.asked_second >= 7 * 86400 as is_settled,
            case
                when latest.replied_second - latest.asked_second between 0 and 7 * 86400
                    then (latest.replied_second - latest.asked_second)::double / 60
            end as minutes
        from (
            select
                account_id,
                (asked_at at time zone $timezone)::date as asked_date,
                epoch_us(asked_at) // 1000000 as asked_second,
                epoch_us(first_reply_at) // 1000000 as replied_second,
                epoch_us(observed_at) // 1000000 as observed_second
            from staging.stg_lake__inquiries
            where
                observed_date between $first_day and $last_day::date + 8
                and asked_date between $first_day and $last_day
            qualify
                row_number() over (
                    partition by account_id, inquiry_id
                    order by
                        observed_second desc,
                        epoch_us(extracted_at) // 1000000 desc,
                        replied_second asc nulls last,
                        source asc
                ) = 1
        ) as latest
        inner join gate_expected as expected
            on
                latest.account_id = expected.account_id
                and latest.asked_date between expected.valid_from_date and expected.valid_to_date
    ) as questions
    group by account_id
"""

_RATES = ("response_rate_pct", "answered_24h_pct")
_TIMES = (
    "response_fastest_minutes",
    "response_median_minutes",
    "response_mean_minutes",
    "response_p90_minutes",
)
_AGREE = " and ".join(
    f"case when listed.{status} = 'ok' then coalesce("
    f"abs(listed.{name} - staged.{name}) <= $tolerance, false) else listed.{name} is null end"
    for names, status in ((_RATES, "response_rate_status"), (_TIMES, "response_time_status"))
    for name in names
)

CHECKS = (
    Check(
        id="service_possible",
        batch="""
            select
                expected.industry_id,
                expected.account_id,
                expected.platform,
                listed.row_count,
                listed.inquiry_count,
                listed.answered_inquiry_count,
                coalesce(listed.row_count = 1, false)
                and coalesce(listed.answered_inquiry_count <= listed.inquiry_count, true)
                and coalesce(listed.response_rate_pct between 0 and 100, true)
                and coalesce(listed.answered_24h_pct <= listed.response_rate_pct, true)
                and coalesce(
                    listed.response_fastest_minutes >= 0
                    and listed.response_fastest_minutes <= listed.response_median_minutes
                    and listed.response_median_minutes <= listed.response_p90_minutes
                    and listed.response_p90_minutes <= 7 * 1440,
                    true
                ) as is_possible
            from gate_expected as expected
            left join (
                select *, count(*) over (partition by account_id) as row_count
                from marts.benchmark_service_quarter
                where quarter = $quarter
            ) as listed
                on expected.account_id = listed.account_id
        """,
        failing="not is_possible",
        reason="""
            'account ' || account_id || ': '
            || case
                when coalesce(row_count, 0) <> 1 then coalesce(row_count, 0) || ' rows, not 1'
                else coalesce(answered_inquiry_count || ' of ' || inquiry_count, 'none of no')
                    || ' questions answered, or a rate or time that cannot be'
            end
        """,
        expectations=always_true("is_possible"),
    ),
    Check(
        id="service_recounted",
        batch=f"""
            select
                listed.industry_id,
                listed.account_id,
                listed.platform,
                listed.inquiry_count,
                staged.inquiry_count as staged_inquiry_count,
                case
                    when listed.service_status = 'ok' then coalesce(
                        listed.inquiry_count = coalesce(staged.inquiry_count, 0)
                        and listed.open_inquiry_count = coalesce(staged.open_inquiry_count, 0)
                        and listed.answered_inquiry_count = coalesce(staged.answered_count, 0),
                        false
                    )
                    else
                        staged.read_count is null
                        and coalesce(
                            listed.inquiry_count, listed.open_inquiry_count,
                            listed.answered_inquiry_count
                        ) is null
                end
                and {_AGREE}
                and case
                    when listed.response_time_status = 'ok' then coalesce(
                        listed.response_fastest_90_mean_minutes
                        between listed.response_fastest_minutes - $tolerance
                        and listed.response_mean_minutes + $tolerance
                        and listed.response_business_median_minutes
                        between 0 and listed.response_median_minutes + 1,
                        false
                    )
                    else
                        listed.response_fastest_90_mean_minutes is null
                        and listed.response_business_median_minutes is null
                end as agrees
            from marts.benchmark_service_quarter as listed
            left join ({_STAGED}) as staged
                on listed.account_id = staged.account_id
            where listed.quarter = $quarter
        """,  # noqa: S608 - fixed text
        failing="not agrees",
        reason="""
            'account ' || account_id || ': ' || coalesce(inquiry_count || '', 'no')
            || ' questions, ' || coalesce(staged_inquiry_count || '', 'none')
            || ' staged; or a rate or time is not what they give, or is missing without a reason'
        """,
        expectations=always_true("agrees"),
    ),
)
