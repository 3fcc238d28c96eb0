{#- Runs before every build: schema `raw` gets one commented view a source table, over the lake's hive
    parts and compacted quarters (source `lake`), over what was read out of its texts (source `derived`) and over the compiled
    registry (source `registry`). Paths are absolute,
    because dbt runs in its own folder and a view keeps the path it was made with. Views are cheap to
    replace and always follow EFFEKTANALYS_DATA_DIR; they are never released. -#}
{% macro create_raw_views() %}
    {%- if execute -%}
        {%- set data_dir = env_var('EFFEKTANALYS_DATA_DIR') -%}
        {%- do run_query('create schema if not exists raw') -%}
        {%- for source in graph.sources.values() if source.package_name == project_name -%}
            {%- set relation = source.schema ~ '.' ~ source.identifier -%}
            {%- if source.source_name == 'lake' -%}
                {%- do run_query(stream_view(relation, data_dir ~ '/lake', source.name)) -%}
            {%- elif source.source_name == 'derived' -%}
                {%- set files = data_dir ~ '/derived/' ~ source.name ~ '/*/*/*.parquet' -%}
                {%- do run_query(parquet_view(relation, files, {'platform': 'varchar', 'quarter': 'varchar'})) -%}
            {%- else -%}
                {%- do run_query(parquet_view(relation, data_dir ~ '/registry/' ~ source.name ~ '.parquet')) -%}
            {%- endif -%}
            {%- do run_query(comment_on_view(relation, source.description)) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
