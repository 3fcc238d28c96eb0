"""Suite of `dim_account`."""

from expectations.account_tables import ACCOUNT_TABLES
from expectations.check import Check, always_true

TABLE = "dim_account"

# A table without one of the columns has a missing value there.
_STATED = " union all by name ".join(
    f"""
    select
        '{table}' as table_name,
        columns(
            lambda c: c in ('industry_id', 'organisation_id', 'account_id', 'platform')
        )
    from marts.{table}
    where quarter = $quarter
    """  # noqa: S608 - names from expectations/account_tables.py
    for table in ACCOUNT_TABLES
)

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
    Check(
        id="accounts_belong",
        batch=f"""
            select
                stated.*,
                exists (
                    select 1
                    from staging.stg_registry__accounts as accounts
                    inner join staging.stg_registry__memberships as memberships
                        on accounts.organisation_id = memberships.organisation_id
                    where
                        accounts.account_id = stated.account_id
                        and accounts.platform = stated.platform
                        and memberships.industry_id = stated.industry_id
                        and accounts.organisation_id
                        = coalesce(stated.organisation_id, accounts.organisation_id)
                ) as belongs
            from (
                select distinct table_name, industry_id, organisation_id, account_id, platform
                from ({_STATED}) as tables
                where account_id is not null
            ) as stated
        """,  # noqa: S608 - names from expectations/account_tables.py
        failing="not belongs",
        reason="""
            'account ' || account_id || ' is on ' || platform || ' for '
            || coalesce(organisation_id || ' of ', '') || industry_id || ' in ' || table_name
            || '; the registry says otherwise'
        """,
        expectations=always_true("belongs"),
    ),
)
