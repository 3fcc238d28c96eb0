{#- What dbt's own graph knows of the published columns: every model and seed of schema marts. -#}

{#- published_relations() -> nodes of schema marts, in the order of their names. -#}
{% macro published_relations() %}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values()
        if node.resource_type in ('model', 'seed') and node.schema == 'marts' and node.config.enabled -%}
        {%- do found.append(node) -%}
    {%- endfor -%}
    {{ return(found | sort(attribute='alias')) }}
{% endmacro %}

{#- text_literal(text) -> SQL literal on one line, or a null text where nothing is written. -#}
{% macro text_literal(text) -%}
    {%- set words = (text or '') | string | trim -%}
    {%- if words -%}
        '{{ modules.re.sub('\\s+', ' ', words) | replace("'", "''") }}'
    {%- else -%}
        cast(null as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro %}

{#- data_dictionary_rows() -> SQL: one row a published column. dbt fills the graph only when it runs; while
    it parses, one empty row stands for all of them. One list of values, because Spark's stack does not
    hold a union of seven hundred selects. -#}
{% macro data_dictionary_rows() %}
    {%- set rows = [] -%}
    {%- for node in (published_relations() if execute else []) -%}
        {%- for column in node.columns.values() -%}
            {%- set cells = [
                text_literal(node.schema), text_literal(node.alias), text_literal(column.name),
                'cast(' ~ loop.index ~ ' as bigint)', text_literal(published_type(column.data_type or '')),
                text_literal(column.config.meta.unit), text_literal(column.description),
                text_literal(column.config.meta.sv), text_literal(column.config.meta.since or '0.1.0'),
            ] -%}
            {%- do rows.append('        (' ~ cells | map('trim') | join(', ') ~ ')') -%}
        {%- endfor -%}
    {%- endfor %}
    select *
    from (
        values
{{ rows | join(',\n') or "        ('', '', '', cast(0 as bigint), '', '', '', '', '')" }}
    ) as published (
        schema_name,
        table_name,
        column_name,
        column_position,
        data_type,
        unit,
        description,
        description_sv,
        since_version
    )
    {%- if not rows %}
    where false
    {%- endif %}
{% endmacro %}
