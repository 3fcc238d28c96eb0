"""Suite of `words_quarter`: lists in order, and no word more often than it was read."""

from expectations.check import Check, always_true

TABLE = "words_quarter"

CHECKS = (
    Check(
        id="words_ranked",
        batch="""
            select
                scope,
                industry_id,
                organisation_id,
                platform,
                language,
                word,
                word_count,
                rank,
                expected_rank,
                rank = expected_rank
                and list_position <= $most_words
                and post_count between 1 and word_count as is_in_order
            from (
                select
                    *,
                    dense_rank() over (
                        partition by scope, industry_id, organisation_id, platform, language
                        order by word_count desc, post_count desc
                    ) as expected_rank,
                    row_number() over (
                        partition by scope, industry_id, organisation_id, platform, language
                    ) as list_position
                from marts.words_quarter
                where quarter = $quarter
            ) as lists
        """,
        failing="not is_in_order",
        reason="""
            scope || ' ' || coalesce(organisation_id, industry_id) || ' on ' || platform || ': '
            || word || ' (' || language || ') stands in place ' || rank || ' with ' || word_count
            || ' uses where place ' || expected_rank
            || ' is its own; or the list is too long; or it has more posts than uses'
        """,
        expectations=always_true("is_in_order"),
        minimum_rows=0,
    ),
    Check(
        id="words_were_read",
        batch="""
            select
                listed.industry_id,
                listed.organisation_id,
                listed.platform,
                listed.language,
                listed.word,
                listed.word_count,
                coalesce(read.word_count, 0) as read_word_count,
                listed.word_count <= coalesce(read.word_count, 0) as was_read
            from marts.words_quarter as listed
            left join (
                select
                    expected.organisation_id,
                    expected.platform,
                    words.language,
                    words.lemma,
                    sum(words.word_count) as word_count
                from staging.stg_derived__post_words as words
                inner join gate_expected as expected on words.account_id = expected.account_id
                where words.quarter = $quarter
                group by all
            ) as read
                on
                    listed.organisation_id = read.organisation_id
                    and listed.platform = read.platform
                    and listed.language = read.language
                    and listed.word = read.lemma
            where
                listed.quarter = $quarter
                and listed.scope = 'organisation'
                and listed.platform <> 'all'
        """,
        failing="not was_read",
        reason="""
            'organisation ' || organisation_id || ' on ' || platform || ': ' || word || ' ('
            || language || ') is counted ' || word_count || ' times, and was read '
            || read_word_count || ' times'
        """,
        expectations=always_true("was_read"),
        minimum_rows=0,
    ),
)
