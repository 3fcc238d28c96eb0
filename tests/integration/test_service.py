"""The service mart equals a plain pandas computation over the same generated questions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.support.lake_builder import STOCKHOLM


@pytest.fixture(scope="module")
def questions(posts_built):
    rows = pd.DataFrame(posts_built.inquiries)
    local = pd.to_datetime(rows["asked_at"], utc=True).dt.tz_convert(STOCKHOLM)
    rows["quarter"] = local.dt.year.astype(str) + "-Q" + local.dt.quarter.astype(str)
    waited = pd.to_datetime(rows["first_reply_at"], utc=True) - pd.to_datetime(
        rows["asked_at"], utc=True
    )
    rows["minutes"] = waited.dt.total_seconds() / 60
    # a reply after seven days is no answer
    rows.loc[rows["minutes"] > 7 * 24 * 60, "minutes"] = np.nan
    return rows


def test_rates_and_times_of_the_quarter(questions, posts_warehouse):
    mart = posts_warehouse.execute(
        "select account_id, quarter, inquiry_count, response_rate_pct, answered_24h_pct, "
        "response_median_minutes, response_mean_minutes, response_p90_minutes "
        "from marts.benchmark_service_quarter where response_time_status = 'ok'"
    ).df()
    assert len(mart) > 15
    for row in mart.itertuples():
        group = questions[
            (questions["account_id"] == row.account_id) & (questions["quarter"] == row.quarter)
        ]
        minutes = group["minutes"]
        assert row.inquiry_count == len(group) >= 10
        assert row.response_rate_pct == pytest.approx(100 * minutes.notna().mean())
        assert row.answered_24h_pct == pytest.approx(100 * (minutes <= 24 * 60).mean())
        assert row.response_median_minutes == pytest.approx(minutes.median())
        assert row.response_mean_minutes == pytest.approx(minutes.mean())
        assert row.response_p90_minutes == pytest.approx(minutes.quantile(0.9))


def test_too_few_questions_have_no_rate_but_a_count(questions, posts_warehouse):
    rows = posts_warehouse.execute(
        "select account_id, quarter, inquiry_count, response_rate_pct, response_median_minutes "
        "from marts.benchmark_service_quarter where response_rate_status = 'few_inquiries'"
    ).fetchall()
    assert rows
    counts = questions.groupby(["account_id", "quarter"]).size()
    for account, quarter, count, rate, median in rows:
        assert counts[account, quarter] == count < 10
        assert rate is None
        assert median is None
