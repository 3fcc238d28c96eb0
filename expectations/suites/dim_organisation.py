"""Suite of `dim_organisation`."""

from expectations.check import Check, always_true

TABLE = "dim_organisation"

CHECKS = (
    Check(
        id="organisations_present",
        batch="""
            select
                registered.organisation_id,
                listed.organisation_id is not null as is_present
            from staging.stg_registry__organisations as registered
            left join marts.dim_organisation as listed
                on registered.organisation_id = listed.organisation_id
        """,
        failing="not is_present",
        reason="""
            'organisation ' || organisation_id
            || ' is in the registry but not in dim_organisation'
        """,
        expectations=always_true("is_present"),
    ),
)
