{#- Fails for every one of `conditions`, SQL over a row, that is not true for some of the lake rows
    this build reads (unknown is not true), and says how many. All conditions share one scan: a lake
    of many small files is read once for them, and never beyond the window.
    Usage: data_tests: [holds_in_window: {arguments: {conditions: ["followers_count >= 0"]}}] -#}
{% test holds_in_window(model, conditions) %}
select
    case
    {% for condition in conditions %}
        when not coalesce({{ condition }}, false) then '{{ condition | replace("'", "''") }}'
    {% endfor %}
    end as broken_condition,
    count(*) as row_count
from {{ model }}
where
    observed_date between {{ window_read_from_date() }} and {{ window_end_date() }}
    and not ({% for condition in conditions %}coalesce({{ condition }}, false){% if not loop.last %} and {% endif %}{% endfor %})
group by broken_condition
{% endtest %}
