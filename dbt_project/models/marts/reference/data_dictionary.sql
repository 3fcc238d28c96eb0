-- What every published column means: type, unit and description, as dbt's own graph has them.
-- Grain: one row per (schema_name, table_name, column_name)
with documented_columns as (
    {{ data_dictionary_rows() }}
),

final as (
    select
        schema_name,
        table_name,
        column_name,
        column_position,
        data_type,
        unit,
        description,
        description_sv,
        since_version
    from documented_columns
)

select * from final
