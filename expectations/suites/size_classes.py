"""Suite of `size_classes`."""

from expectations.check import Check, always_true

TABLE = "size_classes"

CHECKS = (
    Check(
        id="size_classes_chain",
        batch="""
            select
                size_class,
                coalesce(
                    followers_from_count > lag(followers_from_count) over classes,
                    followers_from_count = 0
                ) as follows_on
            from marts.size_classes
            window classes as (order by size_class_position)
        """,
        failing="follows_on is distinct from true",
        reason="""
            'size class ' || size_class
            || ' does not begin above the one before it (the first at 0)'
        """,
        expectations=always_true("follows_on"),
    ),
)
