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

{#- data_dictionary_rows() -> SQL: one select a published column, joined by union all. dbt fills the
    graph only when it runs; while it parses, one empty row stands for all of them. -#}
{% macro data_dictionary_rows() %}
    {%- set ns = namespace(started=false) -%}
    {%- for node in (published_relations() if execute else []) -%}
        {%- for column in node.columns.values() %}
    {% if ns.started %}union all {% endif -%}
    select
        '{{ node.schema }}' as schema_name,
        '{{ node.alias }}' as table_name,
        '{{ column.name }}' as column_name,
        cast({{ loop.index }} as bigint) as column_position,
        '{{ published_type(column.data_type or '') }}' as data_type,
        {{ text_literal(column.config.meta.unit) }} as unit,
        {{ text_literal(column.description) }} as description,
        {{ text_literal(column.config.meta.sv) }} as description_sv,
        '{{ column.config.meta.since or '0.1.0' }}' as since_version
            {%- set ns.started = true -%}
        {%- endfor -%}
    {%- endfor %}
    {%- if not ns.started %}
    select
        '' as schema_name,
        '' as table_name,
        '' as column_name,
        cast(0 as bigint) as column_position,
        '' as data_type,
        '' as unit,
        '' as description,
        '' as description_sv,
        '' as since_version
    where false
    {%- endif %}
{% endmacro %}
