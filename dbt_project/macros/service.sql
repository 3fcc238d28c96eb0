{#- What the service metrics rest on: when a question counts as answered, and what working time is. -#}

{#- How long a question may wait for its answer, in days. A reply that comes later is none. -#}
{% macro answer_window_days() -%}7{%- endmacro %}

{#- The least number of questions for a rate or a time, and for an award. Facebook's badge asks for 10
    messages, Socially Devoted for 50 questions. -#}
{% macro min_inquiries() -%}10{%- endmacro %}
{% macro min_award_inquiries() -%}50{%- endmacro %}

{#- working_minutes(minutes) -> bigint. Working minutes, Monday to Friday 9 to 17, from Monday 1970-01-05 to
    a moment given in minutes of the wall clock since 1970-01-01. Days before are not asked for.
    Usage: working_minutes(local_clock_minutes('asked_at')) -#}
{% macro working_minutes(minutes) -%}
    cast(
        floor((({{ minutes }}) - 5760) / 10080.0) * 2400
        + least(floor(mod(({{ minutes }}) - 5760, 10080) / 1440.0), 5) * 480
        + case
            when mod(({{ minutes }}) - 5760, 10080) < 7200
                then least(greatest(mod(({{ minutes }}) - 5760, 1440) - 540, 0), 480)
            else 0
        end as bigint
    )
{%- endmacro %}
