{#- Fails for every key in `columns` that its dimension does not have: account_id in dim_account,
    quarter in dim_quarter and so on. A NULL is nobody's key and passes. One test a table instead of
    one a column: every test costs dbt and Dagster more than the rows do.
    Usage: data_tests: [known_in_dimensions: {arguments: {columns: [account_id, quarter]}}] -#}
{% test known_in_dimensions(model, columns) %}
select *
from (
{% for column in columns %}
    select
        '{{ column }}' as column_name,
        facts.{{ column }} as unknown_key,
        count(*) as row_count
    from {{ model }} as facts
    left join {{ ref('dim_' ~ column | replace('_id', '')) }} as dimension
        on facts.{{ column }} = dimension.{{ column }}
    where facts.{{ column }} is not null and dimension.{{ column }} is null
    group by facts.{{ column }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
) as found
{% endtest %}
