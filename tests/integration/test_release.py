"""Publishing: what a release is made of, and that nothing unchecked gets out."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from expectations.receipt import read_receipt
from expectations.required_checks import load_configuration
from publication.release import (
    ReleaseRefused,
    current_name,
    list_releases,
    read_manifest,
    verify_release,
)
from tests.support.candidate import TABLES, clean_copy
from tests.support.gates import ACCOUNT, NOW, ZONE, PlainJudge, Waived, alter, judge, release

QUARTER = "2025-Q4"
"""The first quarter of the candidate: nothing before it has to be released."""


@pytest.fixture
def data(tmp_path):
    return clean_copy(tmp_path)


@pytest.fixture
def judged(data):
    assert judge(data, QUARTER, make_judge=PlainJudge).passed
    return data


def refusal(data, quarter=QUARTER, **options):
    with pytest.raises(ReleaseRefused) as caught:
        release(data, quarter, **options)
    assert current_name(data / "releases") is None
    return str(caught.value)


def rewrite(data, **changes):
    path = data / "gate" / QUARTER / "receipt.json"
    read_receipt(path).model_copy(update=changes).write(path)


def test_a_judged_candidate_becomes_the_current_release(judged):
    published = release(judged, QUARTER)
    assert published.is_new
    assert published.is_current
    assert str(published).startswith(f"2025-Q4/r1: {len(TABLES)} tables, ")
    pointer = judged / "releases" / "current"
    assert pointer.readlink() == Path("2025-Q4/r1")
    found = {p.relative_to(pointer).as_posix() for p in pointer.rglob("*") if p.is_file()}
    pages = {name for name in found if name.startswith("report/")}
    assert {"report/sv/index.html", "report/en/index.html"} <= pages
    assert found - pages == {
        "benchmark.duckdb",
        "manifest.json",
        "sbom.cdx.json",
        "gate/receipt.json",
        "gate/report.html",
        "parquet/datapackage.json",
        "xlsx/benchmark.xlsx",
        *(f"parquet/{table}.parquet" for table in TABLES),
        *(f"{kind}/{table}.csv" for kind in ("csv", "csv-excel-sv") for table in TABLES),
    }
    assert [str(r).split()[:2] for r in list_releases(judged / "releases")] == [["*", "2025-Q4/r1"]]
    told = str(verify_release(judged / "releases"))
    assert f"verifies: {len(found) - 1} files, {len(TABLES)} tables" in told


def test_the_published_file_explains_itself_and_holds_only_its_quarters(judged):
    path = release(judged, QUARTER).path / "benchmark.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        ask = connection.execute
        assert ask("select distinct quarter from marts.follower_growth").fetchall() == [(QUARTER,)]
        schemas = ask("select distinct schema_name from duckdb_tables() order by 1").fetchall()
        assert schemas == [("marts",), ("meta",)]
        assert ask("select count(*) from duckdb_views() where not internal").fetchone() == (0,)
        comment = "select comment from duckdb_tables() where table_name = 'ranking_quarter'"
        assert ask(comment).fetchone() == ("It's ranking_quarter.",)
        comment = "select comment from duckdb_columns() where table_name = 'dim_quarter' limit 1"
        assert ask(comment).fetchone() == ("Label, 2026-Q1.",)
        told = ask("select * exclude (published_at, code_version) from meta.release").fetchall()
        moment = ask("select published_at::varchar from meta.release").fetchone()
    assert moment == ("2026-08-20 09:00:00",)
    assert told == [
        ("2025-Q4/r1", QUARTER, 1, False, ZONE, "", "", "", "bluesky: bluesky_api (sandbox)")
    ]


def test_the_constraints_of_the_marts_are_kept(judged, tmp_path):
    path = release(judged, QUARTER).path / "benchmark.duckdb"
    copy = tmp_path / "copy.duckdb"
    shutil.copy(path, copy)
    copy.chmod(0o600)
    with duckdb.connect(str(copy)) as connection, pytest.raises(duckdb.ConstraintException):
        connection.execute("update marts.follower_growth set growth_status = null")


def test_waivers_and_warnings_are_printed_in_the_release(data):
    alter(
        data,
        f"update marts.benchmark_account_quarter set follower_growth_pct = 60 where account_id = "
        f"'{ACCOUNT}' and quarter = '{QUARTER}'",
        f"update marts.follower_growth set follower_growth_pct = 60 where account_id = "
        f"'{ACCOUNT}' and period = '{QUARTER}'",
    )
    waiver = Waived("odd_growth", "growth_arithmetic", QUARTER, reason="Agreed on 3 August.")
    ranked = Waived("odd_place", "ranked_values_agree", QUARTER, reason="Follows from it.")
    result = judge(data, QUARTER, waivers=[waiver, ranked], make_judge=PlainJudge)
    assert result.passed, str(result)
    published = release(data, QUARTER)
    assert "waived: odd_growth" in str(published), str(published)
    assert "warnings: growth_usual" in str(published)
    with duckdb.connect(str(published.path / "benchmark.duckdb"), read_only=True) as connection:
        waivers, warnings = connection.execute(
            "select waivers, warnings from meta.release"
        ).fetchone()
    assert (
        "odd_growth (growth_arithmetic): Agreed on 3 August. Granted by The data team." in waivers
    )
    assert ACCOUNT in warnings
    assert "odd_growth" in str(list_releases(data / "releases")[0])


def test_a_release_can_be_read_but_not_written(judged):
    folder = release(judged, QUARTER).path
    modes = {stat.S_IMODE(p.stat().st_mode) for p in folder.rglob("*") if p.is_file()}
    assert modes == {0o444}
    before = (folder / "benchmark.duckdb").read_bytes()
    script = (
        "import duckdb, os, sys\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "duckdb.connect(sys.argv[1]).execute('delete from marts.dim_account')\n"
    )
    target = Path("/tmp") / f"effektanalys_{judged.parent.name}_{judged.name}.duckdb"
    shutil.copy2(folder / "benchmark.duckdb", target)
    try:
        written = subprocess.run(
            [sys.executable, "-c", script, str(target)], capture_output=True, text=True, check=False
        )
        assert "Cannot open file" in written.stderr, written.stderr
        assert "Permission denied" in written.stderr
        assert target.read_bytes() == before
    finally:
        target.unlink()
    assert not list(folder.rglob("*.wal"))


def test_an_older_command_line_client_opens_it(judged):
    client = shutil.which("duckdb", path=str(Path(sys.executable).parent))
    if client is None:
        pytest.skip("duckdb-cli is not installed")
    version = subprocess.run([client, "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("v1.5"), version.stdout
    path = release(judged, QUARTER).path / "benchmark.duckdb"
    query = "select count(*) as n from marts.benchmark_account_quarter"
    answer = subprocess.run(
        [client, "-readonly", "-json", str(path), query], capture_output=True, text=True, check=True
    )
    assert json.loads(answer.stdout) == [{"n": 14}]


def test_parquet_and_duckdb_hold_the_same_and_parquet_is_the_same_bytes_again(
    judged, tmp_path_factory
):
    first = release(judged, QUARTER).path
    other = clean_copy(tmp_path_factory.mktemp("other"))
    alter(
        other,
        "create table copied as select * from marts.follower_growth order by all desc",
        "delete from marts.follower_growth",
        "insert into marts.follower_growth select * from copied",
        "drop table copied",
    )
    assert judge(other, QUARTER, make_judge=PlainJudge).passed
    second = release(other, QUARTER).path
    for table in TABLES:
        name = f"parquet/{table}.parquet"
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
        with duckdb.connect(str(first / "benchmark.duckdb"), read_only=True) as connection:
            both = f"from marts.{table} except all from read_parquet('{first / name}')"
            assert connection.execute(both).fetchall() == []


def test_publishing_the_same_candidate_again_publishes_nothing(judged):
    release(judged, QUARTER)
    manifest = (judged / "releases/2025-Q4/r1/manifest.json").read_bytes()
    again = release(judged, QUARTER, now=NOW + timedelta(hours=1))
    assert not again.is_new
    assert "already holds exactly these tables" in str(again)
    assert (judged / "releases/2025-Q4/r1/manifest.json").read_bytes() == manifest
    assert len(list_releases(judged / "releases")) == 1
    assert len((judged / "releases/releases.jsonl").read_text().splitlines()) == 1


def test_without_a_receipt_nothing_goes_out(data):
    words = refusal(data)
    assert "no passing receipt for 2025-Q4" in words
    assert "effektanalys gate 2025-Q4" in words


def test_a_failed_gate_lets_nothing_out_however_publication_is_started(data):
    alter(data, f"delete from marts.dim_account where account_id = '{ACCOUNT}'")
    assert not judge(data, QUARTER, make_judge=PlainJudge).passed
    words = refusal(data)
    assert "dim_account.accounts_present" in words
    assert ACCOUNT in words


def test_a_candidate_altered_after_the_gate_is_refused(judged):
    alter(judged, "update marts.dim_organisation set name = 'Other' where name = 'Ports_1'")
    assert "changed after the gate had judged it: dim_organisation" in refusal(judged)


def test_a_receipt_for_one_quarter_lets_no_other_out(judged):
    words = refusal(judged, "2026-Q1", receipt=judged / "gate" / QUARTER / "receipt.json")
    assert "is for 2025-Q4, not for 2026-Q1" in words


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(hours=25), "25 hours old; it counts for 24"),
        (timedelta(minutes=-6), "from the future"),
    ],
)
def test_an_old_receipt_or_one_from_the_future_is_refused(judged, age, words):
    assert words in refusal(judged, now=NOW + age)


def test_a_longer_age_can_be_allowed(judged):
    late = NOW + timedelta(hours=30)
    assert release(judged, QUARTER, now=late, max_age=timedelta(hours=48)).is_new


def test_a_receipt_without_a_required_check_is_refused_naming_it(judged):
    checks = read_receipt(judged / "gate" / QUARTER / "receipt.json").checks
    rewrite(judged, checks=[c for c in checks if c.id != "accounts_reconciled"])
    assert "says nothing about required checks: accounts_reconciled" in refusal(judged)


def test_the_list_in_force_decides_not_the_receipt(judged):
    configuration = load_configuration()
    stricter = configuration.model_copy(update={"row_cap": 5})
    assert "list of required checks has changed" in refusal(judged, configuration=stricter)


def test_an_errored_check_is_as_good_as_a_failed_one(judged):
    checks = read_receipt(judged / "gate" / QUARTER / "receipt.json").checks
    changed = [
        c.model_copy(update={"outcome": "errored"}) if c.id == "growth_usual" else c for c in checks
    ]
    rewrite(judged, checks=changed)
    assert "growth_usual" in refusal(judged)


def test_a_preliminary_quarter_is_refused(judged):
    rewrite(judged, is_preliminary=True)
    assert "2025-Q4 is preliminary" in refusal(judged)


def test_a_receipt_by_other_code_is_refused(data):
    assert judge(data, QUARTER, make_judge=PlainJudge, code_version="old").passed
    assert "written by code old; this is new" in refusal(data, code_version="new")
    assert release(data, QUARTER, code_version="old").is_new


def test_a_waiver_that_has_run_out_since_is_refused(data):
    alter(data, f"delete from marts.dim_account where account_id = '{ACCOUNT}'")
    today = Waived("short", "accounts_present", QUARTER, valid_until=NOW.date())
    assert judge(data, QUARTER, waivers=[today], make_judge=PlainJudge).passed
    assert "waivers that have run out: short" in refusal(data, now=NOW + timedelta(hours=23))


def test_what_is_no_quarter_is_refused_before_anything_is_touched(judged):
    with pytest.raises(ReleaseRefused, match="is not a quarter"):
        release(judged, "../2025-Q4", receipt=judged / "gate" / QUARTER / "receipt.json")
    assert not (judged / "releases").exists()


def test_a_damaged_receipt_is_refused_in_words(judged):
    (judged / "gate" / QUARTER / "receipt.json").write_text("{}")
    assert "receipt cannot be read" in refusal(judged)


def test_rows_that_a_killed_writer_left_in_its_log_are_published_and_no_log_is(data):
    script = (
        "import duckdb, os, sys\n"
        "c = duckdb.connect(sys.argv[1])\n"
        "c.execute(\"update marts.dim_organisation set name = 'Late' where name = 'Ports_1'\")\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(data / "warehouse.duckdb")], check=False)
    assert (data / "warehouse.duckdb.wal").exists()
    assert judge(data, QUARTER, make_judge=PlainJudge).passed
    folder = release(data, QUARTER).path
    with duckdb.connect(str(folder / "benchmark.duckdb"), read_only=True) as connection:
        query = "select count(*) from marts.dim_organisation where name = 'Late'"
        assert connection.execute(query).fetchone() == (1,)
    assert not list((data / "releases").rglob("*.wal"))


def test_the_manifest_names_inputs_versions_counts_and_every_file(judged):
    folder = release(judged, QUARTER).path
    manifest = read_manifest(folder)
    assert manifest.storage_version == "v1.0.0"
    assert manifest.row_counts["benchmark_account_quarter"] == 14
    assert manifest.receipt.inputs == {"lake": "lake", "registry": "registry"}
    assert "duckdb" in manifest.receipt.versions
    assert set(manifest.files) == {
        p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()
    } - {"manifest.json"}
    summed = subprocess.run(
        ["sha256sum", str(folder / "benchmark.duckdb")], capture_output=True, text=True, check=True
    )
    assert summed.stdout.split()[0] == manifest.files["benchmark.duckdb"].sha256


def test_the_models_documentation_lies_in_the_release_and_is_sealed(judged, tmp_path):
    page = tmp_path / "static_index.html"
    page.write_text("<title>dbt Docs</title>", encoding="utf-8")
    published = release(judged, QUARTER, docs=page)
    kept = published.path / "docs" / "dbt.html"
    assert kept.read_text(encoding="utf-8") == "<title>dbt Docs</title>"
    assert "docs/dbt.html" in read_manifest(published.path).files
