{#- Fails where the folder's observed_date is not the local calendar day of the moment in
    `column_name`: the file would be read for another day, or not be found at all. Only the window of
    the build is looked at; other quarters were checked when they were built. -#}
{% test observed_date_is_local(model, column_name) %}
select
    account_id,
    observed_date,
    {{ column_name }}
from {{ model }}
where
    observed_date between {{ window_read_from_date() }} and {{ window_end_date() }}
    and (
        {{ column_name }} is null
        or observed_date <> {{ local_date(column_name) }}
    )
{% endtest %}
