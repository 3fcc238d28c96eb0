"""The registry as tables: who is measured, as dbt reads it."""

import dagster as dg

from orchestration.settings import get_settings
from orchestration.steps import compile_registry


@dg.asset(
    key=["registry", "tables"],
    group_name="registry",
    kinds={"yaml", "parquet"},
    owners=["team:data"],
)
def registry_tables() -> dg.MaterializeResult[None]:
    """Read `registry/`, refuse it if anything is wrong, and lay it out as Parquet tables."""
    registry = compile_registry(get_settings())
    return dg.MaterializeResult(
        metadata={
            "industries": len(registry.industries),
            "accounts": len(registry.accounts()),
            "fingerprint": registry.fingerprint(),
        }
    )
