"""Suite of `score_quarter`: scores between their parts."""

from expectations.check import Check, always_true

TABLE = "score_quarter"

_PARTS = ", ".join(
    f"{factor}_percentile_pct" for factor in ("size", "growth", "activity", "engagement", "service")
)

CHECKS = (
    Check(
        id="scores_possible",
        batch=f"""
            select
                expected.industry_id,
                expected.account_id,
                expected.platform,
                listed.ppi,
                listed.score_0_100,
                coalesce(listed.row_count = 1, false)
                and coalesce(listed.ppi between 0 and 100, true)
                and coalesce(
                    listed.score_0_100 between least({_PARTS}) - 1e-9
                    and greatest({_PARTS}) + 1e-9,
                    listed.score_0_100 is null
                ) as is_possible
            from gate_expected as expected
            left join (
                select *, count(*) over (partition by account_id) as row_count
                from marts.score_quarter
                where quarter = $quarter
            ) as listed
                on expected.account_id = listed.account_id
        """,  # noqa: S608 - fixed text
        failing="not is_possible",
        reason="""
            'account ' || account_id || ': a PPI of ' || coalesce(round(ppi, 1) || '', 'none')
            || ' or a score of ' || coalesce(round(score_0_100, 1) || '', 'none')
            || ' that its parts do not give, or not one row'
        """,
        expectations=always_true("is_possible"),
    ),
)
