"""What every section needs: the release, the language, names, numbers, templates.

Belongs here: `Page` and `Section`. Does not belong here: what a section shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from publication.report.markup import (
    SUFFIXES,
    data_element,
    missing_element,
    safe_link,
    shortened,
    unit_of,
    written,
)
from publication.report.source import quarters_up_to

if TYPE_CHECKING:
    from publication.report.language import Language
    from publication.report.source import Row, Source

_TEMPLATES = Path(__file__).with_name("templates")


@lru_cache
def environment() -> Environment:
    """Return the templates; what they print is escaped, and a name they miss is an error."""
    found = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["safe_link"] = safe_link
    found.filters["shortened"] = shortened
    return found


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page, or the reason why there is none.

    Attributes:
        name: Its key, e.g. `formats`; its heading is the text `section.<name>`.
        html: What it shows; None when there is nothing to show.
        reason: Key of the reason, when there is nothing to show.
        title: Its heading, when the key's text is not enough.
    """

    name: str
    html: Markup | None = None
    reason: str = "reason.no_rows"
    title: str | None = None


@dataclass(slots=True)
class Page:
    """A page in the making: what it is about and the means to write it.

    Attributes:
        root: The way from the page to its language's folder, e.g. `../`.
    """

    source: Source
    language: Language
    root: str = ""
    _definitions: dict[str, Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.source.rows("metric_definitions"):
            if row["valid_to_date"] is None:
                self._definitions[row.word("metric")] = row

    @property
    def quarter(self) -> str:
        """The report's quarter."""
        return self.source.quarter

    @property
    def previous_quarter(self) -> str:
        """The quarter before."""
        return quarters_up_to(self.quarter, 2)[0]

    def text(self, key: str, /, **values: object) -> str:
        """Return a text in the page's language."""
        return self.language.text(key, **values)

    def filled(self, key: str, /, **values: object) -> Markup:
        """Return a text with markup filled in; what is not markup is escaped."""
        return Markup(self.text(key)).format(**values)  # noqa: S704 - our own text

    def name(self, table: str, key: str) -> str:
        """Return the name of an `industry` or `organisation`; its id where there is none."""
        row = next(iter(self.source.rows(f"dim_{table}", **{f"{table}_id": key})), None)
        if row is None:
            return key
        return (row.word("name_sv") if self.language.code == "sv" else "") or row.word("name")

    def organisation(self, row: Row, *, linked: bool = True) -> Markup:
        """Return the name of a row's organisation, with a link to its page."""
        key = row.word("organisation_id")
        name = self.name("organisation", key)
        if not linked:
            return Markup("{}").format(name)
        link = f"{self.root}organisation/{key}.html"
        return Markup(f'<a href="{escape(link)}">{escape(name)}</a>')  # noqa: S704 - escaped

    def metric(self, metric: str) -> str:
        """Return a metric's name."""
        if self.language.has(f"metric.{metric}"):
            return self.text(f"metric.{metric}")
        row = self._definition(metric)
        if row is None:
            return metric.replace("_", " ")
        name = row.word("name_sv") if self.language.code == "sv" else row.word("name")
        return name or metric.replace("_", " ")

    def plain(self, metric: str, value: float) -> str:
        """Return a value of a metric as it is printed."""
        return written(self.language, value, unit_of(metric, self._definition(metric)))

    def _definition(self, column: str) -> Row | None:
        for suffix in SUFFIXES:
            column = column.removesuffix(suffix)
        return self._definitions.get(column)

    def number(
        self, row: Row | None, column: str, *, metric: str | None = None, status: str | None = None,
        with_row: bool = False, key: str | None = None,
    ) -> Markup:  # fmt: skip
        """Return a cell of the release as a number on the page.

        Args:
            row: The row; None reads as a missing value.
            column: The column.
            metric: What the column measures, where its name does not say it (`value`).
            status: The column with the reason for a missing value.
            with_row: Whether the number names its row itself.
            key: The key column that the row around it leaves to the number.
        """
        value = None if row is None else row[column]
        if row is None or value is None or value != value:  # noqa: PLR0124 - not a number
            reason = row.word(status) if row is not None and status else ""
            return missing_element(self.language, reason)
        text = self.plain(metric or column, value)
        return data_element(row, column, text, value=value, with_row=with_row, key=key)

    def row_attribute(self, row: Row, without: str = "") -> Markup:
        """Return the attribute that names a row, for the element around its numbers.

        A key column left out (`without`) is named by the numbers themselves.
        """
        return Markup(f'data-row="{row.table}?{escape(row.key_without(without))}"')  # noqa: S704

    def move(self, row: Row) -> Markup:
        """Return how a ranked account moved: a sign and a word, and the earlier place."""
        change, before = row["rank_change"], row["rank_previous"]
        if before is None or change is None:
            return Markup('<span class="move new">{}</span>').format(self.text("place.new"))
        if change == 0:
            return Markup('<span class="move"><span aria-hidden="true">=</span> {}</span>').format(
                self.text("place.same")
            )
        way, sign = ("up", "▲") if change > 0 else ("down", "▼")
        return Markup(
            '<span class="move {}"><span aria-hidden="true">{}</span> {}</span>'
        ).format(way, sign, self.text(f"place.{way}", n=abs(change)))  # fmt: skip

    def render(self, template: str, **values: Any) -> Markup:  # noqa: ANN401 - what templates take
        """Fill a template in."""
        return Markup(environment().get_template(template).render(page=self, t=self.text, **values))  # noqa: S704 - escaped by the template
