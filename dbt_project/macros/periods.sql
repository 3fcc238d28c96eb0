{#- The window of a build and the calendar of quarters. Dates are worked out here, in Jinja, and reach
    SQL as literals: a filter on constants is what prunes the lake's files. -#}

{#- parse_quarter(label) -> [year, number]. Refuses anything but YYYY-Qn. -#}
{% macro parse_quarter(label) %}
    {%- if not modules.re.match('^[0-9]{4}-Q[1-4]$', label | string) -%}
        {{ exceptions.raise_compiler_error(
            "'" ~ label ~ "' is not a quarter. Write it as 2026-Q2, for example: --vars '{from_quarter: 2026-Q1, to_quarter: 2026-Q2}'"
        ) }}
    {%- endif -%}
    {{ return([(label | string)[:4] | int, (label | string)[6:] | int]) }}
{% endmacro %}

{#- quarter_start_day(label) -> python date, the first day of the quarter. -#}
{% macro quarter_start_day(label) %}
    {%- set parts = parse_quarter(label) -%}
    {{ return(modules.datetime.date(parts[0], parts[1] * 3 - 2, 1)) }}
{% endmacro %}

{#- quarter_end_day(label) -> python date, the last day of the quarter. -#}
{% macro quarter_end_day(label) %}
    {%- set parts = parse_quarter(label) -%}
    {%- set next = modules.datetime.date(parts[0] + parts[1] // 4, parts[1] % 4 * 3 + 1, 1) -%}
    {{ return(next - modules.datetime.timedelta(days=1)) }}
{% endmacro %}

{#- quarter_of_day(day) -> label of the quarter that holds a python date. -#}
{% macro quarter_of_day(day) %}
    {{ return(day.year ~ '-Q' ~ ((day.month - 1) // 3 + 1)) }}
{% endmacro %}

{#- window_setting(name) -> what var `name` says or, where it is empty, the environment's
    EFFEKTANALYS_<NAME>. Other vars than before make dbt parse the whole project anew (5 s); a variable
    of the environment does not, as long as it is not asked for while dbt parses. -#}
{% macro window_setting(name) %}
    {{ return(var(name) or (env_var('EFFEKTANALYS_' ~ name | upper, '') if execute else '')) }}
{% endmacro %}

{#- as_of_day() -> python date: setting `as_of_date`, or today in the reporting zone. -#}
{% macro as_of_day() %}
    {%- if window_setting('as_of_date') -%}
        {{ return(modules.datetime.date.fromisoformat(window_setting('as_of_date') | string)) }}
    {%- endif -%}
    {{ return(run_started_at.astimezone(modules.pytz.timezone(var('timezone'))).date()) }}
{% endmacro %}

{#- window_quarters() -> [first, last] label of the build. An empty to_quarter is the running quarter, an
    empty from_quarter the same as to_quarter. Within compiled_for() it is that one quarter. -#}
{% macro window_quarters() %}
    {%- if model is defined and model.window -%}{{ return(model.window) }}{%- endif -%}
    {%- set running = quarter_of_day(as_of_day()) -%}
    {%- set last = window_setting('to_quarter') or running -%}
    {%- set first = window_setting('from_quarter') or last -%}
    {%- if quarter_start_day(last) < quarter_start_day(first) -%}
        {{ exceptions.raise_compiler_error(
            "The window ends before it begins: from_quarter " ~ first ~ ", to_quarter " ~ last ~ ". Swap them."
        ) }}
    {%- endif -%}
    {{ return([first, last]) }}
{% endmacro %}

{#- quarters_of_window() -> labels of the build's quarters, in order. -#}
{% macro quarters_of_window() %}
    {%- set window = window_quarters() -%}
    {%- set labels = [] -%}
    {%- for year in range(parse_quarter(window[0])[0], parse_quarter(window[1])[0] + 1) -%}
        {%- for number in range(1, 5) -%}
            {%- set label = year ~ '-Q' ~ number -%}
            {%- if window[0] <= label <= window[1] -%}{%- do labels.append(label) -%}{%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(labels) }}
{% endmacro %}

{#- months_since(day) -> python dates: the first days of the months from the one of a day to today's. -#}
{% macro months_since(day) %}
    {%- set today = run_started_at.astimezone(modules.pytz.timezone(var('timezone'))).date() -%}
    {%- set months = [] -%}
    {%- for number in range(day.year * 12 + day.month - 1, today.year * 12 + today.month) -%}
        {%- do months.append(modules.datetime.date(number // 12, number % 12 + 1, 1)) -%}
    {%- endfor -%}
    {{ return(months) }}
{% endmacro %}

{#- as_of_date() -> SQL date literal of as_of_day(). -#}
{% macro as_of_date() %}date '{{ as_of_day().isoformat() }}'{% endmacro %}

{#- window_start_date() -> SQL date literal: first day of the window's first quarter. -#}
{% macro window_start_date() %}date '{{ quarter_start_day(window_quarters()[0]).isoformat() }}'{% endmacro %}

{#- window_end_date() -> SQL date literal: last day of the window's last quarter. -#}
{% macro window_end_date() %}date '{{ quarter_end_day(window_quarters()[1]).isoformat() }}'{% endmacro %}

{#- window_read_from_date() -> SQL date literal: the first day whose files the window reads. The
    opening value of the first quarter comes from the seven days before it. -#}
{% macro window_read_from_date() -%}
    date '{{ (quarter_start_day(window_quarters()[0]) - modules.datetime.timedelta(days=7)).isoformat() }}'
{%- endmacro %}

{#- window_settled_date() -> SQL date literal: the last day on which the window's posts and questions are
    read again. Those of the last quarter's last day have had a week by then. -#}
{% macro window_settled_date() -%}
    date '{{ (quarter_end_day(window_quarters()[1]) + modules.datetime.timedelta(days=7)).isoformat() }}'
{%- endmacro %}

{#- window_quarter_labels() -> "'first' and 'last'", for `between`: quarter labels sort by time, and a
    filter on constants is what prunes files and row groups of other quarters. -#}
{% macro window_quarter_labels() -%}
    '{{ window_quarters()[0] }}' and '{{ window_quarters()[1] }}'
{%- endmacro %}

{#- clear_window() -> statement, or nothing. Takes the window's quarters out of an incremental model before
    they are built, in the same transaction: where none of a quarter's rows is left, none stays behind. -#}
{% macro clear_window() -%}
    {%- if is_incremental() -%}
        {{ forget_quarters(this, quarters_of_window()) }}
    {%- endif -%}
{%- endmacro %}

{#- calendar_rows() -> SQL: one select per quarter from var `first_quarter` to the window's or the
    running quarter, whichever is later, as (quarter, quarter_start_date, quarter_end_date). -#}
{% macro calendar_rows() %}
    {%- set running = quarter_of_day(as_of_day()) -%}
    {%- set window = window_quarters() -%}
    {%- set ends = [quarter_start_day(running), quarter_start_day(window[1])] | max -%}
    {%- set first = parse_quarter(var('first_quarter')) -%}
    {%- if quarter_start_day(window[0]) < quarter_start_day(var('first_quarter')) -%}
        {{ exceptions.raise_compiler_error(
            "The calendar begins with " ~ var('first_quarter') ~ ", so " ~ window[0]
            ~ " cannot be built. Set the var first_quarter in dbt_project.yml to an earlier one."
        ) }}
    {%- endif -%}
    {%- for year in range(first[0], ends.year + 1) -%}
        {%- for number in range(1, 5) -%}
            {%- set label = year ~ '-Q' ~ number -%}
            {%- set start = quarter_start_day(label) -%}
            {%- if quarter_start_day(var('first_quarter')) <= start <= ends %}
    {% if start > quarter_start_day(var('first_quarter')) %}union all {% endif -%}
    select
        '{{ label }}' as quarter,
        date '{{ start.isoformat() }}' as quarter_start_date,
        date '{{ quarter_end_day(label).isoformat() }}' as quarter_end_date
            {%- endif -%}
        {%- endfor -%}
    {%- endfor %}
{% endmacro %}
