{#- top_word_count() -> how many words a list of words holds. -#}
{% macro top_word_count() -%}50{%- endmacro %}

{#- min_sentiment_texts() -> the least number of judged texts that a share of tones may speak for. -#}
{% macro min_sentiment_texts() -%}30{%- endmacro %}
