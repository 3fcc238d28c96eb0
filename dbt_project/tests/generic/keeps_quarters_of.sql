{#- Fails for every quarter of `to`, a table that keeps its quarters, that this one lacks. A table
    that is new in a version has only the quarters built since: close the others once more.
    Usage: data_tests: [keeps_quarters_of: {arguments: {to: ref('int_posts')}}] -#}
{% test keeps_quarters_of(model, to) %}
select distinct earlier.quarter
from {{ to }} as earlier
left join (select distinct quarter from {{ model }}) as kept
    on earlier.quarter = kept.quarter
where kept.quarter is null
{% endtest %}
