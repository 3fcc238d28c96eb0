{#- The schema is the layer, exactly: raw, staging, intermediate, marts. dbt's own rule would put the
    target's schema in front (main_marts), and asset keys, releases and queries would carry it. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
