{#- Fails where a value is missing without a reason, or present beside one: `column_name`
    must be NULL exactly where `status_column` is not 'ok'. A NULL status is a failure, too.
    Usage: data_tests: [null_has_reason: {arguments: {status_column: growth_status}}] -#}
{% test null_has_reason(model, column_name, status_column) %}
select
    {{ status_column }},
    {{ column_name }}
from {{ model }}
where
    {{ status_column }} is null
    or ({{ column_name }} is null and {{ status_column }} = 'ok')
    or ({{ column_name }} is not null and {{ status_column }} <> 'ok')
{% endtest %}
