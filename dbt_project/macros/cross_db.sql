{#-
  The one file where SQL dialects may differ. Models use the subset that DuckDB and Spark share;
  whatever lies outside it is a macro here, sent to `<adapter>__<name>` by adapter.dispatch. There
  are no default__ versions on purpose: an engine without its own version must fail, not guess.
  A new macro needs its doc comment, and a stub in .sqlfluff so that the linter can render it.
-#}

{#- epoch_seconds(instant) -> bigint. Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    Usage: epoch_seconds('observed_at') -#}
{% macro epoch_seconds(instant) -%}
    {{ return(adapter.dispatch('epoch_seconds', 'effektanalys')(instant)) }}
{%- endmacro %}
{% macro duckdb__epoch_seconds(instant) -%}
    (epoch_us({{ instant }}) // 1000000)
{%- endmacro %}
{% macro spark__epoch_seconds(instant) -%}
    unix_seconds({{ instant }})
{%- endmacro %}

{#- ordered_reading(key, count) -> integer wider than a bigint: a reading's key, then its count below a
    trillion. max_by over it finds the last reading, and of two with one key the higher; min_by the first and
    the lower. By the key alone the order of the files would decide. -#}
{% macro ordered_reading(key, count) -%}
    {{ return(adapter.dispatch('ordered_reading', 'effektanalys')(key, count)) }}
{%- endmacro %}
{% macro duckdb__ordered_reading(key, count) -%}
    (cast({{ key }} as hugeint) * 1000000000000 + {{ count }})
{%- endmacro %}
{% macro spark__ordered_reading(key, count) -%}
    cast(cast({{ key }} as decimal(20, 0)) * cast(1000000000000 as decimal(13, 0)) + {{ count }} as decimal(38, 0))
{%- endmacro %}

{#- utc_timestamp(instant) -> timestamp without zone, in UTC. Marts store this type: it reads the same
    in every client, whatever zone its session has. -#}
{% macro utc_timestamp(instant) -%}
    {{ return(adapter.dispatch('utc_timestamp', 'effektanalys')(instant)) }}
{%- endmacro %}
{% macro duckdb__utc_timestamp(instant) -%}
    cast({{ instant }} at time zone 'UTC' as timestamp)
{%- endmacro %}
{#- Spark has no type of its own for it unless told; sessions are in UTC, which create_raw_views checks. -#}
{% macro spark__utc_timestamp(instant) -%}
    cast({{ instant }} as timestamp)
{%- endmacro %}

{#- local_date(instant) -> date. The calendar day of an instant in the reporting zone, never the
    session's or the host's. -#}
{% macro local_date(instant) -%}
    {{ return(adapter.dispatch('local_date', 'effektanalys')(instant)) }}
{%- endmacro %}
{% macro duckdb__local_date(instant) -%}
    cast({{ instant }} at time zone '{{ var("timezone") }}' as date)
{%- endmacro %}
{% macro spark__local_date(instant) -%}
    cast(from_utc_timestamp({{ instant }}, '{{ var("timezone") }}') as date)
{%- endmacro %}

{#- local_weekday(instant) -> integer. Weekday in the reporting zone, 1 is Monday and 7 Sunday (ISO 8601). -#}
{% macro local_weekday(instant) -%}
    {{ return(adapter.dispatch('local_weekday', 'effektanalys')(instant)) }}
{%- endmacro %}
{% macro duckdb__local_weekday(instant) -%}
    cast(isodow({{ instant }} at time zone '{{ var("timezone") }}') as integer)
{%- endmacro %}
{% macro spark__local_weekday(instant) -%}
    (weekday(from_utc_timestamp({{ instant }}, '{{ var("timezone") }}')) + 1)
{%- endmacro %}

{#- local_hour(instant) -> integer. Hour of the day in the reporting zone, 0 to 23. -#}
{% macro local_hour(instant) -%}
    {{ return(adapter.dispatch('local_hour', 'effektanalys')(instant)) }}
{%- endmacro %}
{% macro duckdb__local_hour(instant) -%}
    cast(hour({{ instant }} at time zone '{{ var("timezone") }}') as integer)
{%- endmacro %}
{% macro spark__local_hour(instant) -%}
    hour(from_utc_timestamp({{ instant }}, '{{ var("timezone") }}'))
{%- endmacro %}

{#- local_clock_minutes(instant) -> bigint. Minutes of the reporting zone's wall clock since 1970-01-01 00:00,
    rounded down. A clock that is put forward or back moves them by an hour. -#}
{% macro local_clock_minutes(instant) -%}
    {{ return(adapter.dispatch('local_clock_minutes', 'effektanalys')(instant)) }}
{%- endmacro %}
{% macro duckdb__local_clock_minutes(instant) -%}
    (epoch_us({{ instant }} at time zone '{{ var("timezone") }}') // 60000000)
{%- endmacro %}
{% macro spark__local_clock_minutes(instant) -%}
    cast(floor(unix_seconds(from_utc_timestamp({{ instant }}, '{{ var("timezone") }}')) / 60) as bigint)
{%- endmacro %}

{#- local_midnight(day) -> timestamp without zone, in UTC: when the local day begins. 2026-04-01 in
    Stockholm begins 2026-03-31 22:00 (summer time), 2026-01-01 begins 2025-12-31 23:00. -#}
{% macro local_midnight(day) -%}
    {{ return(adapter.dispatch('local_midnight', 'effektanalys')(day)) }}
{%- endmacro %}
{% macro duckdb__local_midnight(day) -%}
    cast((cast({{ day }} as timestamp) at time zone '{{ var("timezone") }}') at time zone 'UTC' as timestamp)
{%- endmacro %}
{% macro spark__local_midnight(day) -%}
    to_utc_timestamp(cast({{ day }} as timestamp), '{{ var("timezone") }}')
{%- endmacro %}

{#- shift_days(day, count) -> date. `count` days later; earlier when negative. -#}
{% macro shift_days(day, count) -%}
    {{ return(adapter.dispatch('shift_days', 'effektanalys')(day, count)) }}
{%- endmacro %}
{% macro duckdb__shift_days(day, count) -%}
    ({{ day }} + ({{ count }}))
{%- endmacro %}
{% macro spark__shift_days(day, count) -%}
    date_add({{ day }}, {{ count }})
{%- endmacro %}

{#- shift_months(day, count) -> date. The same day of the month `count` months later. -#}
{% macro shift_months(day, count) -%}
    {{ return(adapter.dispatch('shift_months', 'effektanalys')(day, count)) }}
{%- endmacro %}
{% macro duckdb__shift_months(day, count) -%}
    cast({{ day }} + to_months(cast({{ count }} as integer)) as date)
{%- endmacro %}
{% macro spark__shift_months(day, count) -%}
    add_months({{ day }}, {{ count }})
{%- endmacro %}

{#- days_between(earlier, later) -> bigint. Days from one date to a later one. -#}
{% macro days_between(earlier, later) -%}
    {{ return(adapter.dispatch('days_between', 'effektanalys')(earlier, later)) }}
{%- endmacro %}
{% macro duckdb__days_between(earlier, later) -%}
    datediff('day', {{ earlier }}, {{ later }})
{%- endmacro %}
{% macro spark__days_between(earlier, later) -%}
    cast(datediff({{ later }}, {{ earlier }}) as bigint)
{%- endmacro %}

{#- day_bit(day) -> bigint. One bit for the day within its month: the 1st is the highest of 31 bits.
    bit_or over a month keeps which days were seen in one number, at the price of a max(). -#}
{% macro day_bit(day) -%}
    {{ return(adapter.dispatch('day_bit', 'effektanalys')(day)) }}
{%- endmacro %}
{% macro duckdb__day_bit(day) -%}
    (cast(1 as bigint) << (31 - day({{ day }})))
{%- endmacro %}
{% macro spark__day_bit(day) -%}
    shiftleft(cast(1 as bigint), 31 - day({{ day }}))
{%- endmacro %}

{#- longest_zero_run(bits) -> integer. Length of the longest run of '0' in a text of 0s and 1s. -#}
{% macro longest_zero_run(bits) -%}
    {{ return(adapter.dispatch('longest_zero_run', 'effektanalys')(bits)) }}
{%- endmacro %}
{% macro duckdb__longest_zero_run(bits) -%}
    list_max(list_transform(string_split({{ bits }}, '1'), lambda run: length(run)))
{%- endmacro %}
{% macro spark__longest_zero_run(bits) -%}
    array_max(transform(split({{ bits }}, '1'), run -> length(run)))
{%- endmacro %}

{#- text_list(expression, order_by) -> text. The texts of a group, joined by comma and blank, in order; null
    where there is none. -#}
{% macro text_list(expression, order_by) -%}
    {{ return(adapter.dispatch('text_list', 'effektanalys')(expression, order_by)) }}
{%- endmacro %}
{% macro duckdb__text_list(expression, order_by) -%}
    string_agg({{ expression }}, ', ' order by {{ order_by }})
{%- endmacro %}
{% macro spark__text_list(expression, order_by) -%}
    listagg({{ expression }}, ', ') within group (order by {{ order_by }})
{%- endmacro %}

{#- percentiles_of(shares, expression) -> array of doubles, one a share, each as percentile_of() has it: the
    values are put in order once, not once a share. -#}
{% macro percentiles_of(shares, expression) -%}
    {{ return(adapter.dispatch('percentiles_of', 'effektanalys')(shares, expression)) }}
{%- endmacro %}
{% macro duckdb__percentiles_of(shares, expression) -%}
    quantile_cont(cast({{ expression }} as double), [{{ shares | join(', ') }}])
{%- endmacro %}
{% macro spark__percentiles_of(shares, expression) -%}
    percentile(cast({{ expression }} as double), array({{ shares | join(', ') }}))
{%- endmacro %}

{#- array_item(array, position) -> its item; the first is 1. -#}
{% macro array_item(array, position) -%}
    {{ return(adapter.dispatch('array_item', 'effektanalys')(array, position)) }}
{%- endmacro %}
{% macro duckdb__array_item(array, position) -%}
    {{ array }}[{{ position }}]
{%- endmacro %}
{% macro spark__array_item(array, position) -%}
    element_at({{ array }}, {{ position }})
{%- endmacro %}

{#- parquet_view(relation, files, hive_types) -> statement. A view over Parquet files. `hive_types`
    (column -> SQL type) types the folders' keys; none given means plain files. The first file says which
    columns there are: the empty, typed part that lies before all others (`__none__`) has today's. The
    rest are matched by name, and a part from before a column existed is refused by whoever reads that
    column. With union_by_name every statement would open every file there has ever been: at 7,300 files
    1.1 CPU seconds each time, and more with every quarter. -#}
{% macro parquet_view(relation, files, hive_types=none) -%}
    {{ return(adapter.dispatch('parquet_view', 'effektanalys')(relation, files, hive_types)) }}
{%- endmacro %}
{% macro duckdb__parquet_view(relation, files, hive_types=none) -%}
    create or replace view {{ relation }} as
    select * from {{ duckdb_files([files], hive_types) }}
{%- endmacro %}
{#- Spark takes the columns from the first file by name, too, and opens only one for it. It guesses the
    types of the folders' keys from their values, so the view says them. -#}
{% macro spark__parquet_view(relation, files, hive_types=none) -%}
    create or replace view {{ relation }} as
    select {{ spark_columns(hive_types or {}) }}
    from parquet.`{{ files | replace('/*/*/*.parquet', '') }}`
{%- endmacro %}

{#- duckdb_files(patterns, hive_types) -> table function. The files that match one of the patterns. -#}
{% macro duckdb_files(patterns, hive_types=none) -%}
    {%- set names = [] -%}
    {%- for pattern in patterns -%}{%- do names.append("'" ~ pattern | replace("'", "''") ~ "'") -%}{%- endfor -%}
    {%- set keys = [] -%}
    {%- for column, type in (hive_types or {}).items() -%}
        {%- do keys.append("'" ~ column ~ "': " ~ type) -%}
    {%- endfor -%}
    read_parquet(
        [{{ names | join(', ') }}]
        {%- if keys %}, hive_partitioning = true, hive_types = { {{ keys | join(', ') }} }{% endif %}
    )
{%- endmacro %}

{#- stream_view(relation, lake, stream) -> statement. A view over one stream of the lake. Both engines list
    every folder that a file may lie in, each time the view is read; so quarters that were compacted
    are read from their one file each, and only the months of the others from their days. -#}
{% macro stream_view(relation, lake, stream) -%}
    {%- set hive_types = {'platform': 'varchar', 'observed_date': 'date'} -%}
    {%- set copies = '_compacted/' ~ stream ~ '/*.parquet' -%}
    {%- set quarters = matching_files(lake, stream, copies, '([1-9][0-9]{3}-Q[1-4])[.]parquet$') -%}
    {%- if not quarters -%}
        {{ return(parquet_view(relation, lake ~ '/' ~ stream ~ '/*/*/*.parquet', hive_types)) }}
    {%- endif -%}
    {%- set folders = ['platform=__none__/*'] -%}
    {#- One question a year: each lists every day that the lake has ever had. -#}
    {%- set years = [] -%}
    {%- for month in months_since(quarter_start_day(quarters | first)) -%}
        {%- if quarter_of_day(month) not in quarters -%}{%- do years.append(month.year) -%}{%- endif -%}
    {%- endfor -%}
    {%- for year in years | unique -%}
        {%- set days = stream ~ '/*/observed_date=' ~ year ~ '-*/*.parquet' -%}
        {%- for month in matching_files(lake, stream, days, 'observed_date=([0-9]{4}-[0-9]{2})-') -%}
            {%- set first_day = modules.datetime.date.fromisoformat(month ~ '-01') -%}
            {%- if quarter_of_day(first_day) not in quarters -%}
                {%- do folders.append('*/observed_date=' ~ month ~ '-*') -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(compacted_view(relation, lake, stream, folders, hive_types)) }}
{%- endmacro %}

{#- compacted_view(relation, lake, stream, folders, hive_types) -> statement. A view over a stream's compacted
    quarters and those of its days' folders that match one of the patterns `folders`. -#}
{% macro compacted_view(relation, lake, stream, folders, hive_types) -%}
    {{ return(adapter.dispatch('compacted_view', 'effektanalys')(relation, lake, stream, folders, hive_types)) }}
{%- endmacro %}
{% macro duckdb__compacted_view(relation, lake, stream, folders, hive_types) -%}
    {%- set days = [] -%}
    {%- for folder in folders -%}
        {%- do days.append(lake ~ '/' ~ stream ~ '/' ~ folder ~ '/*.parquet') -%}
    {%- endfor -%}
    create or replace view {{ relation }} as
    select * from {{ duckdb_files(days, hive_types) }}
    union all by name
    select * from {{ duckdb_files([lake ~ '/_compacted/' ~ stream ~ '/*.parquet']) }}
{%- endmacro %}
{#- Spark has no union by name. The empty file that each side begins with has today's columns in one order,
    and the folders' keys come last on both. -#}
{% macro spark__compacted_view(relation, lake, stream, folders, hive_types) -%}
    {%- set stored = lake ~ '/' ~ stream -%}
    create or replace view {{ relation }} as
    select {{ spark_columns(hive_types) }}
    from parquet.`{{ stored }}/{ {{- folders | join(',') -}} }` with (`basePath` = '{{ stored | replace("'", "\\'") }}')
    union all
    select {{ spark_columns(hive_types) }}
    from parquet.`{{ lake }}/_compacted/{{ stream }}/*.parquet`
{%- endmacro %}

{#- spark_columns(hive_types) -> select list: every column, the folders' keys last and of their types. -#}
{% macro spark_columns(hive_types) -%}
    * {%- if hive_types %} except ({{ hive_types | join(', ') }}){% endif %}
    {%- for column, type in hive_types.items() %},
        cast({{ column }} as {{ 'string' if type == 'varchar' else type }}) as {{ column }}
    {%- endfor %}
{%- endmacro %}

{#- matching_files(lake, stream, pattern, what) -> texts, in order: what the regular expression takes out of
    the names of the lake's files that match the pattern, each once. -#}
{% macro matching_files(lake, stream, pattern, what) -%}
    {%- set query -%}
        select distinct found
        from ({{ adapter.dispatch('file_names', 'effektanalys')(lake, stream, pattern, what) }}) as named
        where found <> ''
        order by found
    {%- endset -%}
    {{ return(run_query(query).columns[0].values() | list) }}
{%- endmacro %}
{% macro duckdb__file_names(lake, stream, pattern, what) -%}
    select regexp_extract(file, '{{ what }}', 1) as found
    from glob('{{ (lake ~ '/' ~ pattern) | replace("'", "''") }}')
{%- endmacro %}
{#- Spark refuses a pattern that nothing matches: the stream's empty part, which has no name to give, is
    always there. No file is opened for its path alone. -#}
{% macro spark__file_names(lake, stream, pattern, what) -%}
    select regexp_extract(path, '{{ what }}', 1) as found
    from binaryFile.`{{ lake }}/{ {{- pattern }},{{ stream }}/platform=__none__/*/*.parquet}`
    where path not like '%/platform=__none__/%'
{%- endmacro %}

{#- comment_on_view(relation, text) -> statement. -#}
{% macro comment_on_view(relation, text) -%}
    {{ return(adapter.dispatch('comment_on_view', 'effektanalys')(relation, text)) }}
{%- endmacro %}
{% macro duckdb__comment_on_view(relation, text) -%}
    comment on view {{ relation }} is '{{ text | replace("'", "''") }}'
{%- endmacro %}
{% macro spark__comment_on_view(relation, text) -%}
    alter view {{ relation }} set tblproperties ('comment' = '{{ text | trim | replace("'", "''") }}')
{%- endmacro %}

{#- published_type(data_type) -> text. The name under which the engine shows a contract's type, as
    information_schema has it: `string` is VARCHAR in DuckDB. -#}
{% macro published_type(data_type) -%}
    {{ return(adapter.dispatch('published_type', 'effektanalys')(data_type)) }}
{%- endmacro %}
{% macro duckdb__published_type(data_type) -%}
    {{ return({'string': 'VARCHAR'}.get(data_type, data_type | upper)) }}
{%- endmacro %}
{#- Whatever computed them, releases are DuckDB files: the dictionary names the types they have there. -#}
{% macro spark__published_type(data_type) -%}
    {{ return(effektanalys.duckdb__published_type(data_type)) }}
{%- endmacro %}

{#- incremental_by_quarter() -> nothing. Configures a model that keeps its quarters and rebuilds those of the
    window: the first line of each such model. -#}
{% macro incremental_by_quarter() -%}
    {{ return(adapter.dispatch('incremental_by_quarter', 'effektanalys')()) }}
{%- endmacro %}
{% macro duckdb__incremental_by_quarter() -%}
    {{ config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='quarter',
        on_schema_change='fail',
        full_refresh=false,
    ) }}
{%- endmacro %}
{% macro spark__incremental_by_quarter() -%}
    {{ config(
        materialized='incremental',
        incremental_strategy='insert_overwrite',
        partition_by=['quarter'],
        on_schema_change='fail',
        full_refresh=false,
    ) }}
{%- endmacro %}

{#- duckdb__create_table_as() -> statements. dbt-duckdb's own, but a model that keeps its quarters is
    written a quarter at a time: what a build needs in memory is what its largest quarter needs, however
    many it builds. Sixteen quarters of ten million rows took 7.9 GB at once. -#}
{% macro duckdb__create_table_as(
    temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none
) -%}
    {%- set quarters = quarters_of_window() if config.get('unique_key') == 'quarter' else [] -%}
    {%- set first = compiled_code if quarters | length < 2 else compiled_for(quarters | first) -%}
    {{ dbt.duckdb__create_table_as(temporary, relation, first, language, partitioned_by, sorted_by) }}
    {%- for quarter in quarters[1:] %}
    insert into {{ relation }}
    {{ compiled_for(quarter) }}
    ;
    {%- endfor %}
{%- endmacro %}

{#- compiled_for(quarter) -> the model's SQL as it is when the window is that quarter alone. -#}
{% macro compiled_for(quarter) -%}
    {%- do model.update({'window': [quarter, quarter]}) -%}
    {%- set compiled = render(model.raw_code) -%}
    {%- do model.pop('window') -%}
    {{ return(compiled) }}
{%- endmacro %}

{#- forget_quarters(relation, quarters) -> statement. Takes whole quarters out of an incremental model. In
    DuckDB that happens in the transaction which builds them anew; Spark's Parquet tables know none, so a
    build that breaks off there leaves these quarters empty until it is run again. -#}
{% macro forget_quarters(relation, quarters) -%}
    {{ return(adapter.dispatch('forget_quarters', 'effektanalys')(relation, quarters)) }}
{%- endmacro %}
{% macro duckdb__forget_quarters(relation, quarters) -%}
    delete from {{ relation }} where quarter between '{{ quarters | first }}' and '{{ quarters | last }}'
{%- endmacro %}
{% macro spark__forget_quarters(relation, quarters) -%}
    alter table {{ relation }} drop if exists
    {% for quarter in quarters %}partition (quarter = '{{ quarter }}'){% if not loop.last %}, {% endif %}{% endfor %}
{%- endmacro %}

{#- load_csv_rows(model, agate_table) -> statement. dbt's own, but for texts: dbt-spark puts them between
    apostrophes as they are, and a seed that says "Meta's" would be no SQL. -#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set rows = [] -%}
    {%- for row in agate_table.rows -%}
        {%- set cells = [] -%}
        {%- for name in agate_table.column_names -%}
            {%- set type = types.get(name, adapter.convert_type(agate_table, loop.index0)) -%}
            {%- set value = row[loop.index0] -%}
            {%- if value is none -%}
                {%- do cells.append('cast(null as ' ~ type ~ ')') -%}
            {%- else -%}
                {%- set quoted = value | string | replace('\\', '\\\\') | replace("'", "\\'") -%}
                {%- do cells.append("cast('" ~ quoted ~ "' as " ~ type ~ ')') -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do rows.append('(' ~ cells | join(', ') ~ ')') -%}
    {%- endfor -%}
    {%- set statement = 'insert into ' ~ this.render() ~ ' values ' ~ rows | join(', ') -%}
    {%- do adapter.add_query(statement, abridge_sql_log=True) -%}
    {{ return(statement) }}
{% endmacro %}
