"""The method page: definitions, exceptions, changes, downloads, how to cite.

Belongs here: what a reader needs to trust a figure or to doubt it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from publication.report.page import Page
    from publication.report.site import Facts

RESTATED_SHOWN = 50
_FILES = (
    ("method.download.xlsx", "xlsx/benchmark.xlsx"),
    ("method.download.csv", "csv/"),
    ("method.download.csv_sv", "csv-excel-sv/"),
    ("method.download.parquet", "parquet/datapackage.json"),
    ("method.download.duckdb", "benchmark.duckdb"),
    ("method.download.docs", "docs/dbt.html"),
)


def content(page: Page, facts: Facts) -> dict[str, Any]:
    """Return what fills the method page in."""
    meta = page.source.meta()
    definitions = [
        row for row in page.source.rows("metric_definitions") if row["valid_to_date"] is None
    ]
    definitions.sort(key=lambda row: page.metric(row.word("metric")).lower())
    difference = facts.difference
    return {
        "title": page.text("method.title"),
        "definitions": definitions,
        "changes": page.source.rows("metric_definition_changes"),
        "waivers": _lines(meta.get("waivers")),
        "warnings": _lines(meta.get("warnings")),
        "restatements": _lines(meta.get("restatements")),
        "sources": _lines(meta.get("sources")),
        "version": meta.get("code_version"),
        "files": [(key, path) for key, path in _FILES if (facts.folder / path).exists()],
        "tables": page.source.tables,
        "has_gate_report": (facts.folder / "gate" / "report.html").exists(),
        "difference": difference,
        "values": () if difference is None else difference.values[:RESTATED_SHOWN],
        "more": 0 if difference is None else max(0, difference.value_count - RESTATED_SHOWN),
        "industries": page.source.now("benchmark_industry_quarter"),
    }


def _lines(text: object) -> list[str]:
    return [line for line in str(text or "").splitlines() if line.strip()]
