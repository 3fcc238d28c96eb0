{#- Fails for every one of `columns` that is NULL in some row, and says in how many. For tables
    without a contract; where there is one, its not_null constraints refuse the row itself.
    Usage: data_tests: [no_nulls: {arguments: {columns: [account_id, quarter]}}] -#}
{% test no_nulls(model, columns) %}
select *
from (
{% for column in columns %}
    select
        '{{ column }}' as column_name,
        count(*) as row_count
    from {{ model }}
    where {{ column }} is null
    {% if not loop.last %}union all{% endif %}
{% endfor %}
) as counted
where row_count > 0
{% endtest %}
