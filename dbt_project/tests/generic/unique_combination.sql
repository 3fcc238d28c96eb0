{#- Fails for every combination of `columns` that more than one row has. It lists the combination
    and how often it occurs, so that the rows can be found at once. A NULL counts as a value here;
    not_null says beside it that a key may not have one.
    Usage: data_tests: [unique_combination: {arguments: {columns: [account_id, quarter]}}] -#}
{% test unique_combination(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
