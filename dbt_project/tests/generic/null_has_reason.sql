{#- Fails where a figure is missing without a reason, or present beside one: each column of
    `status_columns` must be NULL exactly where the status named for it is not 'ok'. A NULL status
    is a failure, too. One scan for all of them: every test costs dbt and Dagster more than the
    rows do.
    Usage: data_tests: [null_has_reason: {arguments: {status_columns: {growth: growth_status}}}] -#}
{% test null_has_reason(model, status_columns) %}
select *
from (
{% for column, status in status_columns.items() %}
    select
        '{{ column }}' as column_name,
        {{ status }} as status,
        count(*) as row_count
    from {{ model }}
    where coalesce({{ status }} = 'ok', {{ column }} is null) <> ({{ column }} is not null)
    group by {{ status }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
) as found
{% endtest %}
