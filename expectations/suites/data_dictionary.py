"""Suite of `data_dictionary`: every table declared, every column described."""

from expectations.check import Check, always_true, between
from expectations.required_checks import load_configuration

TABLE = "data_dictionary"

# Rows of earlier quarters are compared with what was released of them.
_REPEATED = " union all ".join(
    f"""
    select '{table}' as table_name, count(*) - count(distinct ({", ".join(keys)},))
        as repeated_count
    from marts.{table}
    {"where quarter = $quarter" if "quarter" in keys else ""}
    """  # noqa: S608 - names from required_checks.yaml
    for table, keys in load_configuration().tables.items()
)

CHECKS = (
    Check(
        id="columns_described",
        batch="""
            select
                existing.table_name,
                existing.column_name,
                existing.data_type,
                described.data_type as described_type,
                coalesce(
                    length(trim(described.description)) > 0
                    and length(trim(described.description_sv)) > 0
                    and length(trim(described.data_type)) > 0,
                    false
                ) as is_described
            from duckdb_columns() as existing
            inner join gate_tables as tables
                on existing.table_name = tables.table_name and tables.is_declared
            left join marts.data_dictionary as described
                on
                    existing.schema_name = described.schema_name
                    and existing.table_name = described.table_name
                    and existing.column_name = described.column_name
            where
                existing.schema_name = 'marts'
                and existing.database_name = current_database()
        """,
        failing="not is_described",
        reason="""
            'column ' || table_name || '.' || column_name
            || ' has no type or no description (en, sv) in data_dictionary'
        """,
        expectations=always_true("is_described"),
    ),
    Check(
        id="tables_declared",
        batch="""
            select
                table_name,
                is_declared,
                exists_in_candidate,
                row_count,
                is_declared
                and exists_in_candidate
                and (row_count > 0 or list_contains($may_be_empty, table_name)) as is_ready
            from gate_tables
        """,
        failing="not is_ready",
        reason="""
            case
                when not exists_in_candidate then 'table ' || table_name || ' is missing: build it'
                when not is_declared then
                    'table ' || table_name
                    || ' is not declared in required_checks.yaml, so nothing has checked it'
                else 'table ' || table_name || ' has no rows'
            end
        """,
        expectations=always_true("is_ready"),
    ),
    Check(
        id="rows_unique",
        batch=_REPEATED,
        failing="repeated_count > 0",
        reason="""
            table_name || ': ' || repeated_count || ' rows repeat another by the columns '
            || 'that name one'
        """,
        expectations=lambda _: [between("repeated_count", 0, 0)],
    ),
)
