{#- quarter_number(quarter) -> integer that grows by one a quarter, so that the quarter before is one
    less and the same quarter of the year before four less: 2026-Q1 is 8105, 2025-Q4 is 8104. -#}
{% macro quarter_number(quarter) -%}
    (cast(substr({{ quarter }}, 1, 4) as integer) * 4 + cast(substr({{ quarter }}, 7, 1) as integer))
{%- endmacro %}

{#- percentile_of(share, expression) -> double. Linear interpolation between neighbours, nulls left
    out; 0.5 is the median. Usage: percentile_of(0.25, 'follower_growth_pct') -#}
{% macro percentile_of(share, expression) -%}
    percentile_cont({{ share }}) within group (order by cast({{ expression }} as double))
{%- endmacro %}

{#- The least number of members that a statistic may speak for. Below it the figure would be one
    organisation's, not the industry's. -#}
{% macro min_statistic_members() -%}5{%- endmacro %}
{% macro min_percentile_members() -%}10{%- endmacro %}

{#- members_status(count, minimum, reason) -> 'ok' from `minimum` members on, few_members below it, and
    where there is not a single one, the reason why (an SQL expression). -#}
{% macro members_status(count, minimum, reason) -%}
    case
        when {{ count }} >= {{ minimum }} then 'ok'
        when {{ count }} > 0 then 'few_members'
        else {{ reason }}
    end
{%- endmacro %}

{#- How old a follower count may be, in days, to stand for the day a post was published on. -#}
{% macro max_follower_age_days() -%}31{%- endmacro %}

{#- The least number of measured posts that an hour of the week may speak for. -#}
{% macro min_cell_posts() -%}5{%- endmacro %}

{#- The fewest followers whose gender and age are shown; Sprout Social's limit for demographics. -#}
{% macro min_divided_followers() -%}100{%- endmacro %}
