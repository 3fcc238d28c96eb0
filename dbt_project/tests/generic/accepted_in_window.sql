{#- Fails for every value of `column_name` that is not one of `values`, NULL included, in the lake
    rows that this build reads. dbt's own accepted_values would read the whole history on every build. -#}
{% test accepted_in_window(model, column_name, values) %}
select
    {{ column_name }},
    count(*) as row_count
from {{ model }}
where
    observed_date between {{ window_read_from_date() }} and {{ window_end_date() }}
    and (
        {{ column_name }} is null
        or {{ column_name }} not in ('{{ values | join("', '") }}')
    )
group by {{ column_name }}
{% endtest %}
