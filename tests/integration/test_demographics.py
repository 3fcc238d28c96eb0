"""Gender and age of followers, from owners' exports in the lake to the mart."""


def test_the_owners_exports_become_shares_and_their_change(posts_warehouse):
    rows = posts_warehouse.execute(
        """
        select account_id, quarter, dimension, segment, round(follower_share_pct, 6),
            round(follower_share_change_points, 6), divided_followers_count
        from marts.follower_demographics_quarter order by all
        """
    ).fetchall()
    # 300 of 1,000 and 420 of 1,200 by hand; the other page gave shares.
    [(closing,)] = posts_warehouse.execute(
        "select followers_end_count from marts.benchmark_account_quarter "
        "where account_id = 'bakery_4.facebook' and quarter = '2026-Q2'"
    ).fetchall()
    assert rows == [
        ("bakery_3.facebook", "2026-Q1", "gender", "men", 70.0, None, 1000),
        ("bakery_3.facebook", "2026-Q1", "gender", "women", 30.0, None, 1000),
        ("bakery_3.facebook", "2026-Q2", "gender", "men", 65.0, -5.0, 1200),
        ("bakery_3.facebook", "2026-Q2", "gender", "women", 35.0, 5.0, 1200),
        ("bakery_4.facebook", "2026-Q2", "age", "18-24", 25.0, None, closing),
        ("bakery_4.facebook", "2026-Q2", "age", "25-34", 40.0, None, closing),
        ("bakery_4.facebook", "2026-Q2", "age", "35+", 35.0, None, closing),
    ]
    assert closing > 100
