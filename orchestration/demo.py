"""`make demo`: the main job on real data, with no keys and no network.

Belongs here: the order of the stages and one line about each. The stages themselves are the same
Dagster jobs that run in production, so that the UI shows afterwards what happened.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.partitions import partition_key, quarter_bounds
from orchestration.settings import Settings, get_settings, prepare_environment

if TYPE_CHECKING:
    import dagster as dg

QUARTERS = ("2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2")
INDUSTRY, PLATFORM = "think_tanks", "bluesky"

PARTY_LEADERS = "canadian_party_leaders_2015"
PARTY_LEADER_QUARTERS = ("2015-Q3", "2015-Q4")
PARTY_LEADER_DAYS = (
    date(2015, 9, 7),
    date(2015, 9, 21),
    date(2015, 10, 7),
    date(2015, 11, 4),
)
"""The fewest days that read every post of 2015-08-04..10-19 a week after it appeared.

A run reads the posts of 35 days. The first day reaches back to the recording's first post, the
second reads what was young then, on the third 2015-Q3 settles, the fourth reads all of 2015-Q4.
"""

Say = Callable[[str], None]


class DemoFailed(RuntimeError):
    """A stage of the demo failed; the message names it, the cause and the log."""


def run_demo(settings: Settings, say: Say) -> None:
    """Run every stage on the bundled world and end with the top list.

    Raises:
        DemoFailed: when a stage fails; what was published before stays current.
    """
    started = time.monotonic()
    prepare_environment(settings)
    log = settings.data_dir / "demo.log"
    from extractors.sandbox import serve

    with serve() as sandbox, log.open("w", encoding="utf-8") as sink:
        os.environ["EFFEKTANALYS_SANDBOX_URL"] = sandbox.url
        get_settings.cache_clear()
        stages = _Stages(get_settings(), log, say)
        stages.line("sandbox", f"{sandbox.url}, replaying {len(sandbox.days)} snapshot days")
        with redirect_stdout(sink), redirect_stderr(sink), _quiet():
            stages.load()
            stages.extract(
                "snapshots of Bluesky accounts", "bluesky", "profile_snapshots", sandbox.days
            )
            stages.extract("readings of Facebook posts", "facebook", "posts", PARTY_LEADER_DAYS)
            # The marts and tests of the build take in every quarter that was closed before.
            stages.close(PARTY_LEADER_QUARTERS)
            stages.build(QUARTERS)
            for quarter in (*PARTY_LEADER_QUARTERS, *QUARTERS):
                stages.publish(quarter)
    _closing(settings, say, time.monotonic() - started)


class _Stages:
    """The demo's stages; each says one line when it is done."""

    def __init__(self, settings: Settings, log: Path, say: Say) -> None:
        self._settings, self._log, self._say = settings, log, say

    def line(self, stage: str, text: str) -> None:
        self._say(f"{stage:<11} {text}")

    def load(self) -> None:
        import dagster as dg

        from orchestration.definitions import build_defs

        self._defs = build_defs()
        self._instance = dg.DagsterInstance.get()
        self.line("definitions", "loaded: Dagster's graph from the registry to the release")

    def extract(self, rows_are: str, platform: str, stream: str, days: Sequence[date]) -> None:
        wanted = {
            "platform": platform,
            "stream": stream,
            "days": [day.isoformat() for day in days],
        }
        config = {"ops": {"backfill_days": {"config": wanted}}}
        result = self._run("backfill_snapshots", run_config=config)
        facts = [m.metadata for m in _materializations(result)]
        rows = sum(int(str(f["dagster/row_count"].value)) for f in facts)
        new = sum(int(str(f["rows_new"].value)) for f in facts)
        self.line("extraction", f"{len(days)} days, {rows:,} {rows_are}, {new:,} new")

    def close(self, quarters: Sequence[str]) -> None:
        result = self._run("close_quarters", tags=_range(quarters))
        tables = {m.asset_key for m in _materializations(result)}
        self.line("dbt", f"{_span(quarters)}: {len(tables)} tables and views closed")

    def build(self, quarters: Sequence[str]) -> None:
        result = self._run("build_benchmark", tags=_range(quarters))
        checks = result.get_asset_check_evaluations()
        tables = {m.asset_key for m in _materializations(result)}
        words = f"{len(tables)} tables and views built, {len(checks)} tests passed"
        self.line("dbt", f"{_span(quarters)}: {words}")

    def publish(self, quarter: str) -> None:
        result = self._run("publish_quarter", partition_key=partition_key(quarter))
        checks = result.get_asset_check_evaluations()
        waived = sorted({str(c.metadata["waived_by"].value) for c in checks} - {"none"})
        words = f", waived: {', '.join(waived)}" if waived else ""
        self.line("gate", f"{quarter}: {len(checks)} checks passed{words}")
        [release] = [m for m in _materializations(result) if m.asset_key.path[0] == "releases"]
        self.line("release", str(release.metadata["message"].value))

    def _run(
        self,
        job: str,
        *,
        partition_key: str | None = None,
        run_config: Mapping[str, object] | None = None,
        tags: dict[str, str] | None = None,
    ) -> dg.ExecuteInProcessResult:
        import dagster as dg

        result = self._defs.resolve_job_def(job).execute_in_process(
            instance=self._instance,
            raise_on_error=False,
            partition_key=partition_key,
            run_config=run_config,
            tags=tags,
        )
        if not result.success:
            checks = (
                event.asset_check_evaluation_data
                for event in result.all_events
                if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
            )
            causes = [f"  {c.check_name}: {c.description}" for c in checks if not c.passed]
            failures = (event for event in result.all_events if event.is_step_failure)
            causes += [f"  {event.step_key}: {_cause(event)}" for event in failures]
            raise DemoFailed(
                f"The job {job} failed (run {result.run_id}).\n"
                + "\n".join(causes)
                + f"\nThe whole log is in {self._log}. Look at the run with: make ui"
            )
        return result


def _range(quarters: Sequence[str]) -> dict[str, str]:
    return {
        "dagster/asset_partition_range_start": partition_key(quarters[0]),
        "dagster/asset_partition_range_end": partition_key(quarters[-1]),
    }


def _span(quarters: Sequence[str]) -> str:
    return f"{quarters[0]} to {quarters[-1]}"


def _materializations(result: dg.ExecuteInProcessResult) -> Iterator[dg.AssetMaterialization]:
    for event in result.all_events:
        if event.is_step_materialization:
            yield event.step_materialization_data.materialization


def _cause(event: dg.DagsterEvent) -> str:
    error = event.step_failure_data.error
    while error and error.cause:
        error = error.cause
    return error.message.strip() if error else "unknown"


@contextmanager
def _quiet() -> Iterator[None]:
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(previous)


def _closing(settings: Settings, say: Say, seconds: float) -> None:
    from orchestration.warehouse_metadata import dash, engagement, percent, top_list
    from publication.report.site import FIRST_PAGE

    quarter = QUARTERS[-1]
    database = settings.releases_dir / "current" / "benchmark.duckdb"
    rows = top_list(database, quarter, INDUSTRY, PLATFORM)
    first, last = quarter_bounds(quarter)
    say("")
    say(f"UK think tanks on Bluesky, {quarter} ({first:%-d %B} - {last:%-d %B %Y}), by followers")
    say(
        f"{'rank':>4} {'(prev)':>7}  {'organisation':<44} "
        f"{'followers (previous)':>21} {'growth':>10}"
    )
    for row in rows:
        followers = f"{row.followers:,} ({dash(row.followers_previous)})"
        say(
            f"{row.rank:>4} {f'({dash(row.rank_previous)})':>7}  {row.name[:44]:<44} "
            f"{followers:>21} {percent(row.growth_pct):>10}"
        )
    say("")
    say("Canadian party leaders 2015 (Facebook): posts and interactions")
    for answered in engagement(database, PARTY_LEADERS, "facebook"):
        figures = f"{dash(answered.posts):>6} {dash(answered.interactions):>12}"
        say(f"{answered.quarter:>12}  {answered.name:<44} {figures}")
    say("")
    say("Data: thinktankdatauk/bluesky_bot (MIT), Lucas-Czarnecki/Facebook_Canada2015 (MIT),")
    say("      replayed; sandbox rows are marked in `origin`.")
    say(f"Published:  {_short(database)}")
    shell = Path(sys.executable).with_name("duckdb")
    say(f"Ask it:     {_short(shell)} -readonly {_short(database)}")
    say(f"            {example_query(quarter)}")
    say(f"Done in {seconds:.0f} s. Next: make ui, or read the report:")
    say(f"Report:     {_short(database.parent / FIRST_PAGE)}")


def _short(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def example_query(quarter: str) -> str:
    """Return a query to paste: the industry's quarters up to this one, a row each."""
    columns = "quarter, account_count, followers_end_count, follower_growth_pooled_pct"
    table = "marts.benchmark_industry_quarter"
    wanted = f"industry_id = '{INDUSTRY}' and quarter <= '{quarter}'"
    return f"select {columns} from {table} where {wanted} order by quarter;"  # noqa: S608 - shown, not run
