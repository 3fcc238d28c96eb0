"""Words and tones in the hand-written candidate: every post says one word, kindly or not.

Belongs here: stand-ins for the marts of texts. Does not belong here: the posts themselves
(`candidate_posts.py`).
"""

from __future__ import annotations

TEXT_TABLES = ["words_quarter", "sentiment_quarter"]

TEXTS = """
create table staging.stg_derived__post_words as
select account_id, platform, quarter, post_id, 'en' as language, kind as lemma,
    1::bigint as word_count
from settled;

create table marts.words_quarter as
select *, dense_rank() over (
        partition by scope, industry_id, organisation_id, platform, quarter
        order by word_count desc, post_count desc
    ) as rank, false as is_preliminary
from (
    select 'organisation' as scope, industry_id, organisation_id, platform, quarter,
        'en' as language, kind as word, count(*) as word_count, count(*) as post_count
    from settled group by all
    union all
    select 'industry', industry_id, null, platform, quarter, 'en', kind, count(*), count(*)
    from settled group by all
) as lists;

create table marts.sentiment_quarter as
select *,
    case when text_count = 0 then 'no_texts' when text_count < 30 then 'few_texts' else 'ok' end
        as sentiment_status,
    if(text_count >= 30, 100.0::double * positive_text_count / text_count, null)
        as sentiment_positive_pct,
    if(text_count >= 30, 100.0::double * neutral_text_count / text_count, null)
        as sentiment_neutral_pct,
    if(text_count >= 30, 100.0::double * negative_text_count / text_count, null)
        as sentiment_negative_pct,
    'vader' as model_id, false as is_preliminary
from (
    select 'organisation' as scope, industry_id, organisation_id, platform, quarter,
        count(*) as text_count, count(*) filter (where kind = 'image') as positive_text_count,
        count(*) filter (where kind = 'text') as neutral_text_count,
        0::bigint as negative_text_count, 0::bigint as unread_text_count
    from settled group by all
    union all
    select 'industry', industry_id, null, platform, quarter, count(*),
        count(*) filter (where kind = 'image'), count(*) filter (where kind = 'text'), 0, 0
    from settled group by all
) as tones;
"""
