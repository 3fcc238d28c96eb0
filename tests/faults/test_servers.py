"""Cases of the servers that a person starts."""

from __future__ import annotations

import os

from typer.testing import CliRunner

from orchestration.cli import app
from publication.report.serve import report_server


def test_case_68_dagster_is_shown_to_this_machine_only(monkeypatch, tmp_path):
    started = []
    monkeypatch.setenv("EFFEKTANALYS_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(os, "execv", lambda program, words: started.append(words))
    CliRunner().invoke(app, ["ui", "--port", "3999"])
    [words] = started
    assert words[words.index("--host") + 1] == "127.0.0.1"


def test_case_68_the_report_is_shown_to_this_machine_only(tmp_path):
    page = tmp_path / "release" / "report" / "sv" / "index.html"
    page.parent.mkdir(parents=True)
    server, address = report_server(page, 0)
    try:
        assert server.server_address[0] == "127.0.0.1"
        assert address.startswith("http://127.0.0.1:")
    finally:
        server.server_close()
