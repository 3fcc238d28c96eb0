{#- owners_exports() -> SQL list of the sources that only an account's owner can export. What they
    count as views is not what everybody sees, so the two are never put into one rate. -#}
{% macro owners_exports() -%}
    'linkedin_page', 'meta_business_suite', 'x_analytics', 'youtube_studio'
{%- endmacro %}
