{#- Fails for every value of `column_name` that has no row in `to`, in the lake rows that this build
    reads: such rows are in no mart. -#}
{% test exists_in_window(model, column_name, to, field) %}
select
    lake.{{ column_name }},
    count(*) as row_count
from {{ model }} as lake
left join {{ to }} as known
    on lake.{{ column_name }} = known.{{ field }}
where
    lake.observed_date between {{ window_read_from_date() }} and {{ window_end_date() }}
    and known.{{ field }} is null
group by lake.{{ column_name }}
{% endtest %}
