{#- Fails where the number in `column_name` is greater than the one in `ceiling_column` of its row.
    Usage: data_tests: [not_above: {arguments: {column_name: observed, ceiling_column: expected}}] -#}
{% test not_above(model, column_name, ceiling_column) %}
select
    {{ column_name }},
    {{ ceiling_column }}
from {{ model }}
where {{ column_name }} > {{ ceiling_column }}
{% endtest %}
