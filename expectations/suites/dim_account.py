"""Suite of `dim_account`."""

from expectations.check import Check, always_true

TABLE = "dim_account"

CHECKS = (
    Check(
        id="accounts_present",
        batch="""
            select
                registered.account_id,
                registered.platform,
                listed.account_id is not null as is_present
            from staging.stg_registry__accounts as registered
            left join marts.dim_account as listed
                on registered.account_id = listed.account_id
        """,
        failing="not is_present",
        reason="'account ' || account_id || ' is in the registry but not in dim_account'",
        expectations=always_true("is_present"),
    ),
)
