"""Suite of `dim_industry`."""

from expectations.check import Check, always_true

TABLE = "dim_industry"

CHECKS = (
    Check(
        id="industries_present",
        batch="""
            select
                registered.industry_id,
                listed.industry_id is not null as is_present
            from staging.stg_registry__industries as registered
            left join marts.dim_industry as listed
                on registered.industry_id = listed.industry_id
        """,
        failing="not is_present",
        reason="'industry ' || industry_id || ' is in the registry but not in dim_industry'",
        expectations=always_true("is_present"),
    ),
)
