"""Suite of `score_grades`: grades from 0 to 100, one above the other."""

from expectations.check import Check, always_true

TABLE = "score_grades"

CHECKS = (
    Check(
        id="score_grades_chain",
        batch="""
            select
                grade,
                coalesce(
                    score_from > lag(score_from) over (order by score_from, grade), score_from = 0
                ) and score_from <= 100 as follows_on
            from marts.score_grades
        """,
        failing="follows_on is distinct from true",
        reason="""
            'grade ' || grade || ' does not begin above the one before it (the first at 0)'
        """,
        expectations=always_true("follows_on"),
    ),
)
