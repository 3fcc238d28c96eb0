"""`effektanalys`: what neither `dg` nor `dbt` does. Results on stdout, the log on stderr.

Belongs here: commands, their words and exit codes. Does not belong here: work; it is in the rooms
and in `steps.py`, and heavy libraries are imported by the command that needs them.
"""

from __future__ import annotations

import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli_purge import purge, release_remove
from orchestration.refusal import fail, unwritten
from orchestration.settings import KeysExposed, get_settings, prepare_environment

app = typer.Typer(
    name="effektanalys",
    help="The open warehouse that benchmarks organisations' social media.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
registry_app = typer.Typer(help="Who is measured.", no_args_is_help=True)
release_app = typer.Typer(help="What has been published.", no_args_is_help=True)
app.add_typer(registry_app, name="registry")
app.add_typer(release_app, name="release")
app.command()(purge)
release_app.command("remove")(release_remove)

Quarter = Annotated[str, typer.Argument(help="A quarter, e.g. 2026-Q2.")]
Release = Annotated[str, typer.Argument(help="e.g. 2026-Q2/r1; the current one by default.")]
HANDED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.callback()
def begin() -> None:
    """The open warehouse that benchmarks organisations' social media."""
    try:
        get_settings()
    except KeysExposed as error:
        raise fail(str(error)) from None


@registry_app.command("check")
def registry_check() -> None:
    """Name every mistake in the registry: file, line and the nearest right word."""
    from extractors.registry import RegistryError
    from orchestration.steps import load

    settings = get_settings()
    try:
        registry = load(settings)
    except RegistryError as error:
        for problem in error.problems:
            typer.echo(str(problem))
        raise fail(
            f"{len(error.problems)} problem(s) in {settings.registry_dir}. "
            "Mend them, then run: effektanalys registry check"
        ) from None
    typer.echo(
        f"{len(registry.industries)} industries, {registry.organisation_count} organisations, "
        f"{len(registry.accounts())} accounts: in order."
    )


@registry_app.command("schema")
def registry_schema() -> None:
    """Write the JSON Schemas that editors complete from, next to the registry files."""
    from extractors.registry import schemas

    settings = get_settings()
    for name, text in schemas().items():
        (settings.registry_dir / name).write_text(text, encoding="utf-8")
        typer.echo(settings.registry_dir / name)


@registry_app.command("propose")
def registry_propose(
    file: Annotated[Path, typer.Argument(help="A recording, Parquet.", exists=True)],
    groups: Annotated[
        Path | None, typer.Option(help="Its CSV of parliamentary groups.", exists=True)
    ] = None,
) -> None:
    """Print an industry file for the accounts of a recording, to review and save."""
    from extractors.imports.layout import ImportRefused
    from extractors.imports.regards_citoyens import propose_industry

    try:
        proposed = propose_industry(file, groups, timezone=get_settings().timezone)
    except ImportRefused as error:
        raise fail(str(error)) from None
    typer.echo(proposed, nl=False)


@registry_app.command("discover")
def registry_discover(
    organisation: Annotated[str, typer.Argument(help="A Wikidata item (Q42) or a name.")],
) -> None:
    """Print a proposal of an organisation's accounts from Wikidata, to review and paste."""
    from extractors.discover import DiscoveryError, discover_accounts
    from extractors.errors import ExtractionError

    try:
        proposal = discover_accounts(organisation, sandbox_url=get_settings().sandbox_url)
    except (DiscoveryError, ExtractionError) as error:
        raise fail(str(error)) from None
    typer.echo(proposal.yaml, nl=False)
    for note in proposal.notes:
        typer.echo(note, err=True)


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="A CSV, XLSX or Parquet file.", exists=True)],
    date_format: Annotated[
        str | None, typer.Option(help='How its dates are written, e.g. "%d/%m/%Y".')
    ] = None,
    layout: Annotated[
        str | None, typer.Option(help="Its layout, when the header is not enough.")
    ] = None,
    account: Annotated[
        str | None, typer.Option(help="Whose numbers these are, when the file does not say.")
    ] = None,
) -> None:
    """Bring a file of counts into the lake. The same file twice changes nothing."""
    from extractors.imports.layout import MOST_LISTED, ImportRefused
    from extractors.lake import LakeRefused
    from extractors.registry import RegistryError
    from orchestration.steps import import_into_lake

    try:
        report = import_into_lake(
            get_settings(), file, date_format=date_format, layout=layout, account=account
        )
    except RegistryError as error:
        raise fail(f"{error}\nThe registry comes first. Run: effektanalys registry check") from None
    except ImportRefused as error:
        for problem in error.problems[:MOST_LISTED]:
            typer.echo(str(problem))
        if len(error.problems) > MOST_LISTED:
            typer.echo(f"... and {len(error.problems) - MOST_LISTED:,} more")
        raise fail(str(error)) from None
    except (LakeRefused, OSError) as error:
        raise fail(unwritten(error, file)) from None
    typer.echo(str(report))


@app.command()
def reparse(
    platform: Annotated[str, typer.Option(help="e.g. youtube.")],
    first: Annotated[datetime, typer.Option("--from", help="First day.", formats=["%Y-%m-%d"])],
    last: Annotated[datetime, typer.Option("--to", help="Last day.", formats=["%Y-%m-%d"])],
) -> None:
    """Rebuild the lake's records from what a platform answered then. Nobody is asked."""
    from extractors.errors import DayRefused
    from extractors.locks import WarehouseBusy
    from extractors.registry import RegistryError
    from orchestration.steps import reparse_days

    try:
        report = reparse_days(get_settings(), platform, first.date(), last.date())
    except RegistryError as error:
        raise fail(f"{error}\nThe registry comes first. Run: effektanalys registry check") from None
    except (DayRefused, WarehouseBusy, ValueError) as error:
        raise fail(str(error)) from None
    for problem in report.problems:
        typer.echo(problem, err=True)
    typer.echo(str(report))


@release_app.command("list")
def release_list() -> None:
    """List the releases, the current one marked."""
    from publication.release import list_releases

    nothing = ["Nothing is published yet. Begin with: make demo"]
    for release in list_releases(get_settings().releases_dir) or nothing:
        typer.echo(str(release))


@release_app.command("verify")
def release_verify(
    release: Release = "current",
) -> None:
    """Recompute every checksum and digest of a release."""
    from publication.release import ReleaseRefused, verify_release

    try:
        verified = verify_release(get_settings().releases_dir, release)
    except ReleaseRefused as error:
        raise fail(str(error)) from None
    typer.echo(str(verified))


@release_app.command("diff")
def release_diff(
    first: Annotated[str, typer.Argument(help="The earlier release, e.g. 2026-Q2/r1.")],
    second: Annotated[str, typer.Argument(help="The later release, e.g. 2026-Q2/r2.")],
) -> None:
    """Say in words what changed between two releases."""
    from publication.release import ReleaseRefused, diff_releases

    try:
        typer.echo(str(diff_releases(get_settings().releases_dir, first, second)))
    except ReleaseRefused as error:
        raise fail(str(error)) from None


@release_app.command("rollback")
def release_rollback(
    release: Annotated[str, typer.Argument(help="The release to go back to, e.g. 2026-Q1/r1.")],
) -> None:
    """Point `current` at an earlier release. Nothing is rebuilt or deleted."""
    from publication.release import ReleaseRefused, rollback

    try:
        typer.echo(str(rollback(get_settings().releases_dir, release)))
    except ReleaseRefused as error:
        raise fail(str(error)) from None


@release_app.command("clear")
def release_clear(
    days: Annotated[int, typer.Option(help="Keep what was published within so many days.")] = 30,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Take old revisions away. The current one and each quarter's last one always stay."""
    from extractors.locks import WarehouseBusy
    from publication.clearing import clear_releases
    from publication.release import ReleaseRefused

    folder = get_settings().releases_dir
    try:
        typer.echo(str(clear_releases(folder, grace_days=days, is_rehearsal=dry_run)))
    except (ReleaseRefused, WarehouseBusy) as error:
        raise fail(str(error)) from None


@release_app.command("publish")
def release_publish(quarter: Quarter) -> None:
    """Publish a quarter of the candidate, if a fresh, passing receipt is for its bytes."""
    from expectations.warehouse import WarehouseUnreadable
    from extractors.locks import WarehouseBusy
    from orchestration.steps import publish_quarter
    from publication.release import ReleaseRefused

    try:
        typer.echo(str(publish_quarter(get_settings(), quarter)))
    except (ReleaseRefused, WarehouseBusy, WarehouseUnreadable, ValueError) as error:
        raise fail(str(error)) from None


@app.command()
def report(
    release: Release = "current",
    serve: Annotated[bool, typer.Option("--serve", help="Show it on loopback.")] = False,
    port: Annotated[int, typer.Option(help="Loopback port.")] = 8770,
) -> None:
    """Print where a release's report is, or show it on loopback until interrupted."""
    from publication.release import ReleaseRefused
    from publication.report.serve import report_page, report_server

    try:
        page = report_page(get_settings().releases_dir, release)
    except ReleaseRefused as error:
        raise fail(str(error)) from None
    if not serve:
        typer.echo(page)
        return
    try:
        server, address = report_server(page, port)
    except OSError as error:
        raise fail(
            f"Port {port} cannot be used: {error.strerror}. Choose another: "
            "effektanalys report --serve --port 8771"
        ) from None
    typer.echo(f"The report of {page.parents[2]} is on {address} - Ctrl-C ends it.")
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            typer.echo("Ended.", err=True)


@app.command()
def gate(
    quarter: Quarter,
    allow_restatement: Annotated[
        str | None, typer.Option(help="Why closed quarters may differ from what was released.")
    ] = None,
) -> None:
    """Judge a quarter of the candidate and write its receipt and report."""
    from expectations.warehouse import WarehouseUnreadable
    from extractors.locks import WarehouseBusy
    from orchestration.steps import judge_quarter

    settings = get_settings()
    try:
        result = judge_quarter(settings, quarter, allow_restatement=allow_restatement)
    except (WarehouseBusy, WarehouseUnreadable, ValueError) as error:
        raise fail(str(error)) from None
    typer.echo(str(result))
    if not result.passed:
        raise fail(f"Refused. The rows are in {settings.gate_dir / quarter / 'report.html'}")


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Look at versions, folders, lock, port, disk, zone data, registry, keys and gaps."""
    from orchestration.doctor import examine

    report = examine(get_settings())
    typer.echo(report.to_json() if as_json else str(report))
    if not report.healthy:
        raise typer.Exit(1)


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="Loopback port.")] = 8765,
) -> None:
    """Serve the platforms' APIs on loopback over the bundled world, until interrupted."""
    from extractors.sandbox import run

    typer.echo(
        f"Sandbox on http://127.0.0.1:{port} - set EFFEKTANALYS_SANDBOX_URL to it. Ctrl-C ends it."
    )
    run(port=port)


@app.command()
def demo() -> None:
    """Real follower counts in, a checked quarterly benchmark out: no keys, no network."""
    from orchestration.demo import DemoFailed, run_demo

    try:
        # Bound now: while a stage runs, stdout goes to the log.
        run_demo(get_settings(), say=partial(typer.echo, file=sys.stdout))
    except DemoFailed as error:
        raise fail(str(error)) from None


@app.command()
def ui(port: Annotated[int, typer.Option(help="Loopback port.")] = 3000) -> None:
    """Open Dagster on loopback. The first start takes up to a minute."""
    import os

    from orchestration.dbt_manifest import ensure_manifest
    from orchestration.settings import PROJECT_ROOT

    settings = get_settings()
    prepare_environment(settings)
    ensure_manifest(settings)
    os.chdir(PROJECT_ROOT)
    dg = str(Path(sys.executable).with_name("dg"))
    os.execv(dg, [dg, "dev", "--host", "127.0.0.1", "--port", str(port)])  # noqa: S606 - our own


@app.command()
def definitions() -> None:
    """Load the code location the way `dg dev` and `dagster dev -w workspace.yaml` do."""
    import subprocess

    from orchestration.dbt_manifest import ensure_manifest
    from orchestration.settings import PROJECT_ROOT

    ensure_manifest(get_settings())
    beside = Path(sys.executable)
    for command in (
        [str(beside.with_name("dg")), "check", "defs"],
        [str(beside.with_name("dagster")), "definitions", "validate", "-w", "workspace.yaml"],
    ):
        done = subprocess.run(  # noqa: S603 - our own tools, fixed arguments
            command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
        )
        words = " ".join([Path(command[0]).name, *command[1:]])
        if done.returncode != 0:
            raise fail(f"{words} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        typer.echo(f"{words}: the code location loads")


@app.command(no_args_is_help=True, context_settings=HANDED_ON)
def dbt(context: typer.Context) -> None:
    """Run dbt on the candidate under the warehouse lock, e.g. effektanalys dbt -- build."""
    from extractors.locks import WarehouseBusy
    from orchestration.steps import run_dbt

    try:
        raise typer.Exit(run_dbt(get_settings(), context.args))
    except WarehouseBusy as error:
        raise fail(str(error)) from None
