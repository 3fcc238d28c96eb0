"""Suite of `interaction_definitions`: which counters interactions are the sum of."""

from expectations.check import Check, always_true

TABLE = "interaction_definitions"

CHECKS = (
    Check(
        id="interactions_defined",
        batch="""
            select
                expected.platform,
                coalesce(
                    counts_reactions or counts_comments or counts_shares or counts_quotes, false
                ) as is_defined
            from (select distinct platform from gate_expected) as expected
            left join marts.interaction_definitions as defined
                on expected.platform = defined.platform
            where expected.platform <> 'wikidata'
        """,
        failing="not is_defined",
        reason="""
            'no row of interaction_definitions says which counters of ' || platform || ' count'
        """,
        expectations=always_true("is_defined"),
    ),
)
