"""The derived tables: the words and the tone of each post's text, a file a platform and quarter.

Belongs here: which reading of a text counts, what is computed anew, and the files.
Does not belong here: which posts count (reposts, deleted ones) and every sum: dbt decides that.

Layout: `<root>/<table>/platform=<p>/quarter=<label>/texts.parquet`. A text is read as it stood when
its post had settled: an edit after that changes no quarter that has been released.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from extractors.atomic import clear_abandoned
from extractors.lake import NOWHERE, write_parquet
from extractors.texts.language import OTHER, language_of
from extractors.texts.tone import MODEL_ID, tone_of
from extractors.texts.words import word_counts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from extractors.lake import Lake, Part

RULES_VERSION = "1"
"""Version of the rules in this package; raise it when one of them changes."""

_PACKAGES = (
    "nltk-vader-sentiment",
    "py3langid",
    "simplemma",
    "stop-words",
    "vaderSentiment-swedish",
)
_TIME, _TEXT, _COUNT = pa.timestamp("us", tz="UTC"), pa.string(), pa.int64()

SCHEMAS: dict[str, pa.Schema] = {
    "post_words": pa.schema(
        [
            pa.field("account_id", _TEXT, nullable=False),
            pa.field("post_id", _TEXT, nullable=False),
            pa.field("published_at", _TIME, nullable=False),
            pa.field("language", _TEXT, nullable=False),
            pa.field("lemma", _TEXT, nullable=False),
            pa.field("word_count", _COUNT, nullable=False),
            pa.field("model_version", _TEXT, nullable=False),
        ]
    ),
    "post_sentiments": pa.schema(
        [
            pa.field("account_id", _TEXT, nullable=False),
            pa.field("post_id", _TEXT, nullable=False),
            pa.field("published_at", _TIME, nullable=False),
            pa.field("language", _TEXT, nullable=False),
            pa.field("label", _TEXT, nullable=False),
            pa.field("score", pa.float64()),
            pa.field("model_id", _TEXT, nullable=False),
            pa.field("model_version", _TEXT, nullable=False),
            pa.field("text_digest", _TEXT, nullable=False),
        ]
    ),
}
"""Table -> Arrow schema of its files, without the keys that are folders: platform and quarter."""

_READ = ["account_id", "post_id", "published_at", "observed_at", "extracted_at", "text"]
_TEXT_COLUMNS = ("account_id", "post_id", "published_at", "text")
_SOME_QUARTER = "1970-Q1"


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter's label, its first and last local day, and the day its posts had settled."""

    label: str
    first: date
    last: date
    settled: date


@dataclass(frozen=True, slots=True)
class Text:
    """One post's text as it counts, with a digest of all that its rows rest on."""

    account_id: str
    post_id: str
    published_at: datetime
    text: str
    digest: str


@dataclass(frozen=True, slots=True)
class TextReport:
    """What a run did: texts in the quarters, texts that were read anew, files that changed."""

    texts: int = 0
    texts_new: int = 0
    files_changed: int = 0

    def __add__(self, other: TextReport) -> TextReport:
        return TextReport(
            self.texts + other.texts,
            self.texts_new + other.texts_new,
            self.files_changed + other.files_changed,
        )

    @property
    def message(self) -> str:
        """One sentence for logs."""
        return (
            f"{self.texts} texts, {self.texts_new} of them new or changed; "
            f"{self.files_changed} files written."
        )


def model_version() -> str:
    """Return the version of the rules and of every package that a word or a tone depends on."""
    return f"{RULES_VERSION}; " + ", ".join(f"{name} {version(name)}" for name in _PACKAGES)


def lay_out(root: Path) -> None:
    """Lay an empty, typed file for each table, so that it can be read before there is a text."""
    clear_abandoned(root)
    for table, schema in SCHEMAS.items():
        write_parquet(_file(root, table, NOWHERE, _SOME_QUARTER), schema.empty_table(), root)


def derive_texts(lake: Lake, root: Path, quarters: Sequence[Quarter]) -> TextReport:
    """Read the words and the tone of the quarters' posts; leave what has not changed as it is.

    Args:
        lake: Where the posts lie.
        root: Where the derived tables lie.
        quarters: Those to bring up to date; no other is touched.
    """
    lay_out(root)
    report = TextReport()
    for quarter in quarters:
        platforms: dict[str, list[Part]] = {}
        for part in lake.parts("posts", quarter.first, quarter.settled):
            platforms.setdefault(part.platform, []).append(part)
        # A platform whose posts are gone from the lake loses its words too.
        for folder in root.glob(f"post_sentiments/platform=*/quarter={quarter.label}"):
            platforms.setdefault(folder.parent.name.removeprefix("platform="), [])
        for platform, found in sorted(platforms.items()):
            if platform != NOWHERE:
                report += _derive(root, platform, quarter, list(_texts(found, quarter, lake)))
    return report


def _texts(parts: list[Part], quarter: Quarter, lake: Lake) -> Iterator[Text]:
    """Yield each post of the quarter once, with the last text that was read before it settled.

    Days are gone through from the last to the first, so that no more than one reading of a post
    is ever held.
    """
    seen = pa.array([], _TEXT)
    by_day = sorted(parts, key=lambda part: part.observed_date, reverse=True)
    for _, day in groupby(by_day, key=lambda part: part.observed_date):
        table = pa.concat_tables(
            [pq.read_table(part.path, columns=_READ, partitioning=None) for part in day]
        )
        published = pc.local_timestamp(
            table.column("published_at").cast(pa.timestamp("us", tz=lake.timezone))
        ).cast(pa.date32())
        wanted = pc.and_(
            pc.and_(
                pc.greater_equal(published, pa.scalar(quarter.first)),
                pc.less_equal(published, pa.scalar(quarter.last)),
            ),
            pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(table.column("text"))), 0),
        )
        table = table.filter(wanted)
        table = table.append_column("post", _post_keys(table))
        table = table.filter(pc.invert(pc.is_in(table.column("post"), value_set=seen))).sort_by(
            [(n, "descending") for n in ("post", "observed_at", "extracted_at", "text")]
        )
        columns = (table.column(n).to_pylist() for n in ("post", *_TEXT_COLUMNS))
        latest = None
        for post, account_id, post_id, published_at, text in zip(*columns, strict=True):
            if post != latest:
                latest = post
                facts = f"{post}\x1f{published_at.isoformat()}\x1f{text}"
                digest = hashlib.sha256(facts.encode()).hexdigest()
                yield Text(account_id, post_id, published_at, text, digest)
        seen = pa.concat_arrays([seen, pc.unique(table.column("post"))])


def _derive(root: Path, platform: str, quarter: Quarter, texts: list[Text]) -> TextReport:
    model = model_version()
    files = {table: _file(root, table, platform, quarter.label) for table in SCHEMAS}
    known = _known(files, model, {text.digest for text in texts})
    unchanged = set(_post_keys(known["post_sentiments"]).to_pylist())
    unread = [text for text in texts if f"{text.account_id}\x1f{text.post_id}" not in unchanged]
    # Tones last: they carry the digests, so a run killed between the two is made good by the next.
    changed = [
        write_parquet(files[table], pa.concat_tables([known[table], new]), root)
        for table, new in _read(unread, model).items()
    ]
    return TextReport(len(texts), len(unread), sum(changed))


def _read(texts: list[Text], model: str) -> dict[str, pa.Table]:
    """Return the rows of texts that are not known yet, in both tables."""
    words: list[list[object]] = [[] for _ in SCHEMAS["post_words"]]
    tones: list[list[object]] = [[] for _ in SCHEMAS["post_sentiments"]]
    for text in texts:
        head = (text.account_id, text.post_id, text.published_at, language_of(text.text))
        label, score = tone_of(text.text, head[-1])
        row = (*head, label, score, MODEL_ID, model, text.digest)
        for column, value in zip(tones, row, strict=True):
            column.append(value)
        if head[-1] != OTHER:
            counts = word_counts(text.text, head[-1])
            repeated = [[value] * len(counts) for value in (*head, model)]
            values = (*repeated[:-1], counts.keys(), counts.values(), repeated[-1])
            for column, filling in zip(words, values, strict=True):
                column.extend(filling)
    return {
        "post_words": pa.table(words, schema=SCHEMAS["post_words"]),
        "post_sentiments": pa.table(tones, schema=SCHEMAS["post_sentiments"]),
    }


def _known(files: dict[str, Path], model: str, digests: set[str]) -> dict[str, pa.Table]:
    """Return the stored rows that still hold; none where a file is missing or torn."""
    try:
        stored = {
            table: pq.read_table(path, schema=SCHEMAS[table], partitioning=None)
            for table, path in files.items()
        }
    except (pa.ArrowException, OSError):
        return {table: schema.empty_table() for table, schema in SCHEMAS.items()}
    tones = stored["post_sentiments"]
    tones = tones.filter(
        pc.and_(
            pc.equal(tones.column("model_version"), model),
            pc.is_in(tones.column("text_digest"), value_set=pa.array(sorted(digests), _TEXT)),
        )
    )
    words = stored["post_words"]
    held = pc.is_in(_post_keys(words), value_set=_post_keys(tones).combine_chunks())
    return {"post_words": words.filter(held), "post_sentiments": tones}


def _post_keys(table: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(table.column("account_id"), table.column("post_id"), "\x1f")


def _file(root: Path, table: str, platform: str, quarter: str) -> Path:
    return root / table / f"platform={platform}" / f"quarter={quarter}" / "texts.parquet"
