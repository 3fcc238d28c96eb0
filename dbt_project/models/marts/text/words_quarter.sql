-- The 50 words that an organisation or an industry used most in its own posts of a quarter.
-- Grain: one row per (scope, industry_id, organisation_id, platform, quarter, language, word)
with words as (
    select * from {{ ref('int_top_words') }}
),

quarters as (
    select * from {{ ref('int_quarters') }}
),

final as (
    select
        words.scope,
        words.industry_id,
        words.organisation_id,
        words.platform,
        words.quarter,
        words.language,
        words.word,
        words.word_count,
        words.post_count,
        words.rank,
        words.model_version,
        quarters.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from words
    inner join quarters
        on words.quarter = quarters.quarter
)

select * from final
