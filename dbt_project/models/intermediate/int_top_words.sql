-- The words that organisations and industries used most in their own posts.
-- Grain: one row per (scope, industry_id, organisation_id, platform, quarter, language, word)
{{ incremental_by_quarter() }}

-- Kept by quarter: new word lists change the quarters that are built, and no other.
with words as (
    select * from {{ ref('stg_derived__post_words') }}
    where quarter between {{ window_quarter_labels() }}
),

posts as (
    select * from {{ ref('int_posts') }}
    where not is_repost and not is_deleted and kind <> 'story'
),

spine as (
    select * from {{ ref('int_account_post_quarters') }}
),

used as (
    select
        spine.industry_id,
        spine.organisation_id,
        spine.platform,
        spine.quarter,
        words.language,
        words.lemma as word,
        words.word_count,
        words.model_version
    from words
    inner join posts
        on
            words.account_id = posts.account_id
            and words.post_id = posts.post_id
            and words.quarter = posts.quarter
    inner join spine
        on
            words.account_id = spine.account_id
            and words.quarter = spine.quarter
),

-- One platform and all of them, one organisation and all of them, in one pass.
scoped as (
    select
        case when grouping(organisation_id) = 1 then 'industry' else 'organisation' end as scope,
        industry_id,
        organisation_id,
        case when grouping(platform) = 1 then 'all' else platform end as platform,
        quarter,
        language,
        word,
        cast(sum(word_count) as bigint) as word_count,
        count(*) as post_count,
        max(model_version) as model_version
    from used
    group by grouping sets (
        (industry_id, organisation_id, platform, quarter, language, word),
        (industry_id, organisation_id, quarter, language, word),
        (industry_id, platform, quarter, language, word),
        (industry_id, quarter, language, word)
    )
),

-- Equal words share a place; which of them are left out at the list's end, the alphabet decides.
ranked as (
    select
        *,
        cast(
            dense_rank() over (
                partition by scope, industry_id, organisation_id, platform, quarter, language
                order by word_count desc, post_count desc
            ) as bigint
        ) as rank,
        row_number() over (
            partition by scope, industry_id, organisation_id, platform, quarter, language
            order by word_count desc, post_count desc, word asc
        ) as list_position
    from scoped
),

final as (
    select
        scope,
        industry_id,
        organisation_id,
        platform,
        quarter,
        language,
        word,
        word_count,
        post_count,
        rank,
        model_version
    from ranked
    where list_position <= {{ top_word_count() }}
)

select * from final
