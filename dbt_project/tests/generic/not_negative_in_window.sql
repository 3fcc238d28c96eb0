{#- Fails where a counter is below 0 in the lake rows that this build reads. NULL means not
    shown. -#}
{% test not_negative_in_window(model, column_name) %}
select
    account_id,
    observed_at,
    {{ column_name }}
from {{ model }}
where
    observed_date between {{ window_read_from_date() }} and {{ window_end_date() }}
    and {{ column_name }} < 0
{% endtest %}
