"""Suite of `linear_score_quarter`: places that the points give."""

from expectations.check import Check, always_true

TABLE = "linear_score_quarter"

CHECKS = (
    Check(
        id="linear_scores_ranked",
        batch="""
            select
                score_id,
                industry_id,
                organisation_id,
                rank,
                dense_rank() over (
                    partition by score_id, industry_id order by linear_score desc
                ) as due_rank,
                rank = dense_rank() over (
                    partition by score_id, industry_id order by linear_score desc
                ) as is_due
            from marts.linear_score_quarter
            where quarter = $quarter
        """,
        failing="not is_due",
        reason="""
            organisation_id || ' stands ' || rank || ' by ' || score_id
            || '; its points give place ' || due_rank
        """,
        expectations=always_true("is_due"),
        minimum_rows=0,
    ),
)
