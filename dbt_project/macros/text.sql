{#- top_word_count() -> how many words a list of words holds. -#}
{% macro top_word_count() -%}50{%- endmacro %}

{#- min_sentiment_texts() -> the least number of judged texts that a share of tones may speak for. -#}
{% macro min_sentiment_texts() -%}30{%- endmacro %}

{#- window_quarter_labels() -> "'first' and 'last'", for `between`: quarter labels sort by time, and a
    filter on constants is what prunes the derived tables' files. -#}
{% macro window_quarter_labels() -%}
    '{{ window_quarters()[0] }}' and '{{ window_quarters()[1] }}'
{%- endmacro %}
