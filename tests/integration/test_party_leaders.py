"""Real Facebook posts through the Facebook sandbox and the real extractor, read back from the lake.

The expected figures are those published with the recording, and pandas' own reading of its file.
"""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import extractors.sandbox
from extractors.lake import Lake
from extractors.registry import load_registry
from extractors.sandbox import serve
from extractors.sandbox.recordings import published_moment
from orchestration.demo import PARTY_LEADER_DAYS
from tests.support.sandboxed import run, stored

ROOT = Path(__file__).resolve().parents[2]
FILE = Path(extractors.sandbox.__file__).parent / "worlds/ca2015_facebook_posts.csv.gz"
IDS = {
    "Harper": "stephen_harper.facebook",
    "Mulcair": "tom_mulcair.facebook",
    "Trudeau": "justin_trudeau.facebook",
}
PUBLISHED = {
    "stephen_harper.facebook": (525, 2_169_510, 2_915),
    "tom_mulcair.facebook": (655, 716_013, 596),
    "justin_trudeau.facebook": (531, 1_563_640, 1_778),
}
COUNTERS = ["reactions", "comments", "shares"]


@pytest.fixture(scope="module")
def accounts():
    registered = load_registry(ROOT / "registry").accounts("facebook")
    return [a for a in registered if a.account_id in PUBLISHED]


@pytest.fixture(scope="module")
def world():
    with serve() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def lake(world, accounts, tmp_path_factory):
    made = Lake(tmp_path_factory.mktemp("party_leaders") / "lake", "Europe/Stockholm")
    made.initialise()
    for day in PARTY_LEADER_DAYS:
        report = run(made, world.url, accounts, day=day, platform="facebook", stream="posts")
        assert (report.ok, report.failed, report.not_visible) == (3, 0, 0), report.message
    return made


@pytest.fixture(scope="module")
def readings(lake):
    frame = pd.DataFrame(stored(lake, "posts"))
    frame["published_at"] = pd.to_datetime(frame["published_at"], utc=True)
    frame["observed_at"] = pd.to_datetime(frame["observed_at"], utc=True)
    return frame


@pytest.fixture(scope="module")
def settled(readings):
    """The last reading of each post by the eighth day of the quarter after its own."""
    local = readings["published_at"].dt.tz_convert("Europe/Stockholm").dt.tz_localize(None)
    quarter = local.dt.to_period("Q")
    deadline = quarter.dt.end_time.dt.normalize() + pd.Timedelta(days=7)
    read = pd.to_datetime(readings["observed_date"].astype(str))
    in_time = readings.assign(quarter=quarter.astype(str))[read <= deadline]
    last = in_time.sort_values("observed_at").drop_duplicates("post_id", keep="last")
    return last.assign(interactions=last[COUNTERS].sum(axis=1))


@pytest.fixture(scope="module")
def source():
    frame = pd.read_csv(FILE, dtype={"id": str})
    moment = pd.to_datetime(frame["created_time"]).dt.tz_localize("UTC") + pd.Timedelta(hours=1)
    local = moment.dt.tz_convert("Europe/Stockholm").dt.tz_localize(None)
    return frame.assign(
        account_id=frame["candidate_page"].map(IDS),
        published_at=moment,
        quarter=local.dt.to_period("Q").astype(str),
        interactions=frame["likes_count"] + frame["comments_count"] + frame["shares_count"],
    )


def summed(frame, *keys):
    found = frame.groupby([*keys])["interactions"].agg(["count", "sum", "median"])
    return {key: tuple(row) for key, row in zip(found.index, found.to_numpy(), strict=True)}


def test_the_lake_holds_the_published_posts_and_interactions(settled):
    assert len(settled) == 1711
    assert summed(settled, "account_id") == PUBLISHED


def test_every_post_has_its_own_counters_time_and_kind(settled, source):
    columns = ["account_id", "published_at", *COUNTERS, "kind"]
    names = {"likes_count": "reactions", "comments_count": "comments", "shares_count": "shares"}
    kinds = {"photo": "image", "status": "text"}
    expected = source.rename(columns=names).set_index("id").sort_index()
    expected["kind"] = expected["type"].replace(kinds)
    got = settled.set_index("post_id").sort_index()
    pd.testing.assert_frame_equal(
        got[columns], expected[columns], check_dtype=False, check_names=False
    )
    assert got["text"].isna().all()


def test_the_quarters_split_at_local_midnight(settled, source):
    assert summed(settled, "account_id", "quarter") == summed(source, "account_id", "quarter")
    assert set(settled["quarter"]) == {"2015Q3", "2015Q4"}


def test_every_post_is_read_once_more_about_a_week_after_it_appeared(readings, settled):
    """Those of a quarter's last afternoon are read at noon of the day the quarter settles on."""
    age = settled["observed_at"] - settled["published_at"]
    assert age.min() > pd.Timedelta(days=6.5)
    assert len(readings) > len(settled)


@pytest.mark.parametrize("left_out", PARTY_LEADER_DAYS, ids=str)
def test_no_day_is_asked_for_in_vain(readings, left_out):
    kept = readings[readings["observed_date"].astype(str) != left_out.isoformat()]
    local = kept["published_at"].dt.tz_convert("Europe/Stockholm").dt.tz_localize(None)
    deadline = local.dt.to_period("Q").dt.end_time.dt.normalize() + pd.Timedelta(days=7)
    in_time = kept[pd.to_datetime(kept["observed_date"].astype(str)) <= deadline]
    age = (in_time["observed_at"] - in_time["published_at"]).groupby(in_time["post_id"]).max()
    assert len(age) < 1711 or age.min() <= pd.Timedelta(days=6.5)


def test_a_second_run_changes_nothing(world, accounts, lake):
    before = {p: p.read_bytes() for p in lake.root.rglob("*") if p.is_file()}
    for day in PARTY_LEADER_DAYS:
        again = run(
            lake, world.url, accounts, day=day, platform="facebook", stream="posts", load_id="run-2"
        )
        assert (again.rows_new, again.changed) == (0, False)
    assert {p: p.read_bytes() for p in lake.root.rglob("*") if p.is_file()} == before


def test_followers_that_nobody_noted_are_hidden_and_never_a_number(world, accounts, tmp_path):
    lake = Lake(tmp_path / "lake", "Europe/Stockholm")
    lake.initialise()
    report = run(lake, world.url, accounts, day=PARTY_LEADER_DAYS[0], platform="facebook")
    assert (report.ok, report.failed, report.not_visible) == (3, 0, 0)
    seen = {(r["account_id"], r["followers"], r["visibility"]) for r in stored(lake)}
    assert seen == {(account, None, "count_hidden") for account in PUBLISHED}
    assert {r["handle"] for r in stored(lake)} == {
        "RtHonStephenHarper",
        "TomMulcair",
        "JustinPJTrudeau",
    }


@pytest.mark.parametrize("day", [date(2015, 8, 3), date(2016, 1, 1), date(2026, 6, 29)])
def test_the_pages_are_asked_only_in_their_campaign_year(world, accounts, tmp_path, day):
    lake = Lake(tmp_path / "lake", "Europe/Stockholm")
    lake.initialise()
    report = run(lake, world.url, accounts, day=day, platform="facebook", stream="posts")
    assert (report.rows, report.requests) == (0, 0)
    assert "no account on it" in report.message


def test_a_time_with_a_zone_is_refused_instead_of_moved():
    assert published_moment("2015-10-19 21:15:09").isoformat() == "2015-10-19T22:15:09+00:00"
    with pytest.raises(ValueError, match="has a zone"):
        published_moment("2015-10-19T22:15:09+0000")
