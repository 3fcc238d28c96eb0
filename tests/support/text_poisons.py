"""What is done to the words and tones of the hand-written candidate, and which checks must notice.

Belongs here: statement, refusing checks and words of each. Does not belong here: running them
(`test_gate_poisons.py`).
"""

from __future__ import annotations

TEXT_POISONS = {
    "words are placed by another count": (
        "update marts.words_quarter set rank = rank + 1 where quarter = '2026-Q2'",
        {"words_ranked"},
        "stands in place 2",
    ),
    "posts were joined twice to their words": (
        "update marts.words_quarter set word_count = 2 * word_count where quarter = '2026-Q2'",
        {"words_were_read"},
        "and was read",
    ),
    "the texts of an industry are missing": (
        "delete from marts.sentiment_quarter where industry_id = 'ports' and quarter = '2026-Q2'",
        {"sentiments_present"},
        "industry ports on bluesky has no row of texts",
    ),
    "a share is stated of a few texts": (
        "update marts.sentiment_quarter set sentiment_positive_pct = 50, sentiment_status = 'ok' "
        "where quarter = '2026-Q2' and text_count < 30",
        {"sentiment_arithmetic"},
        "and its tones or shares do not fit that",
    ),
    "an organisation's texts are left out of its industry": (
        "update marts.sentiment_quarter set text_count = text_count - 1, "
        "neutral_text_count = neutral_text_count - 1, sentiment_positive_pct = null, "
        "sentiment_neutral_pct = null, sentiment_negative_pct = null, "
        "sentiment_status = 'few_texts' where quarter = '2026-Q2' and scope = 'organisation' "
        "and organisation_id = 'museums_3' and text_count <= 30",
        {"sentiment_industries_reconciled"},
        "industry museums on bluesky has",
    ),
}
"""Name -> SQL on the candidate, the checks that refuse it, and what they say."""
