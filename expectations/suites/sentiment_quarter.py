"""Suite of `sentiment_quarter`: tones add up, and none is stated of a few texts."""

from expectations.check import Check, always_true

TABLE = "sentiment_quarter"

CHECKS = (
    Check(
        id="sentiments_present",
        batch="""
            select
                posts.industry_id,
                posts.platform,
                posts.post_count,
                tones.text_count + tones.unread_text_count as text_count,
                case
                    when posts.post_count is null then tones.sentiment_status = 'not_measured'
                    else
                        coalesce(
                            tones.text_count + tones.unread_text_count <= posts.post_count, false
                        )
                end as fits
            from marts.activity_industry_quarter as posts
            left join marts.sentiment_quarter as tones
                on
                    posts.industry_id = tones.industry_id
                    and posts.platform = tones.platform
                    and posts.quarter = tones.quarter
                    and tones.scope = 'industry'
            where posts.quarter = $quarter
        """,
        failing="not coalesce(fits, false)",
        reason="""
            'industry ' || industry_id || ' on ' || platform || ' has '
            || coalesce(text_count || ' texts', 'no row of texts') || ' and '
            || coalesce(post_count || ' posts', 'unread posts')
        """,
        expectations=always_true("fits"),
    ),
    Check(
        id="sentiment_arithmetic",
        batch="""
            select
                scope,
                industry_id,
                organisation_id,
                platform,
                text_count,
                sentiment_status,
                case
                    when sentiment_status = 'not_measured'
                        then text_count is null and sentiment_positive_pct is null
                    when text_count < $minimum_texts
                        then
                            sentiment_status = if(text_count = 0, 'no_texts', 'few_texts')
                            and sentiment_positive_pct is null
                            and sentiment_neutral_pct is null
                            and sentiment_negative_pct is null
                            and text_count
                            = positive_text_count + neutral_text_count + negative_text_count
                    else
                        sentiment_status = 'ok'
                        and model_id is not null
                        and text_count
                        = positive_text_count + neutral_text_count + negative_text_count
                        and abs(
                            sentiment_positive_pct * text_count / 100 - positive_text_count
                        ) <= $tolerance_pct
                        and abs(
                            sentiment_positive_pct
                            + sentiment_neutral_pct
                            + sentiment_negative_pct
                            - 100
                        ) <= $tolerance_pct
                end as adds_up
            from marts.sentiment_quarter
            where quarter = $quarter
        """,
        failing="not coalesce(adds_up, false)",
        reason="""
            scope || ' ' || coalesce(organisation_id, industry_id) || ' on ' || platform
            || ' is ' || sentiment_status || ' with ' || coalesce(text_count || '', 'unknown')
            || ' texts, and its tones or shares do not fit that'
        """,
        expectations=always_true("adds_up"),
    ),
    Check(
        id="sentiment_industries_reconciled",
        batch="""
            select
                industries.industry_id,
                industries.platform,
                industries.text_count,
                summed.text_count as summed_text_count,
                industries.text_count is not distinct from summed.text_count
                and industries.positive_text_count is not distinct from summed.positive_text_count
                    as agrees
            from marts.sentiment_quarter as industries
            left join (
                select
                    industry_id,
                    platform,
                    sum(text_count) as text_count,
                    sum(positive_text_count) as positive_text_count
                from marts.sentiment_quarter
                where quarter = $quarter and scope = 'organisation'
                group by industry_id, platform
            ) as summed
                on
                    industries.industry_id = summed.industry_id
                    and industries.platform = summed.platform
            where industries.quarter = $quarter and industries.scope = 'industry'
        """,
        failing="not agrees",
        reason="""
            'industry ' || industry_id || ' on ' || platform || ' has '
            || coalesce(text_count || ' texts', 'no count') || ', its organisations '
            || coalesce(summed_text_count || '', 'none')
        """,
        expectations=always_true("agrees"),
    ),
)
