"""Suite of `dim_quarter`: the quarter itself, and the quarters before it."""

from expectations.check import Check, Expectation, always_true

TABLE = "dim_quarter"

_MARKED_TABLES = (
    "follower_growth",
    "benchmark_account_quarter",
    "benchmark_industry_quarter",
    "ranking_quarter",
    "coverage_quarter",
)

_MARKED_ROWS = "\nunion all\n".join(
    f"""
    select
        '{table}' as table_name,
        count(*) filter (where is_preliminary is distinct from false) as open_row_count
    from marts.{table}
    where quarter = $quarter
    """  # noqa: S608 - names from the tuple above
    for table in _MARKED_TABLES
)

CHECKS = (
    Check(
        id="quarter_is_final",
        batch=f"""
            select
                'dim_quarter' as table_name,
                count(*) filter (where is_preliminary is distinct from false)
                + (count(*) <> 1)::integer as open_row_count
            from marts.dim_quarter
            where quarter = $quarter
            union all
            {_MARKED_ROWS}
        """,  # noqa: S608 - fixed text
        failing="open_row_count > 0",
        reason=(
            "'the quarter is preliminary in ' || table_name || "
            "' or has no row there: it settles on the 9th after its end'"
        ),
        expectations=lambda _: [
            Expectation(
                "ExpectColumnValuesToBeInSet", {"column": "open_row_count", "value_set": [0]}
            )
        ],
    ),
    Check(
        id="closed_quarters_unchanged",
        batch="""
            select
                closed_quarter,
                table_name,
                state,
                release_id,
                state = 'unchanged' as is_unchanged
            from gate_closed_parts
        """,
        failing="not is_unchanged",
        reason="""
            case state
                when 'changed' then
                    table_name || ' of ' || closed_quarter || ' differs from release ' || release_id
                    || ': gate and publish ' || closed_quarter || ' first, or name the restatement'
                when 'missing' then
                    table_name || ' has lost the rows of ' || closed_quarter || ' that release '
                    || release_id || ' holds: build ' || closed_quarter || ' with dbt'
                else
                    table_name || ' of ' || closed_quarter || ' has never been released: gate and '
                    || 'publish ' || closed_quarter || ' first'
            end
        """,
        expectations=always_true("is_unchanged"),
        minimum_rows=0,
    ),
)
