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

from extractors.lake import NOWHERE, clear_abandoned, write_parquet
from extractors.texts.language import OTHER, language_of
from extractors.texts.tone import MODEL_ID, tone_of
from extractors.texts.words import word_counts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
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
_SOME_QUARTER = "1970-Q1"

PostKey = tuple[str, str]
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter's label, its first and last local day, and the day its posts had settled."""

    label: str
    first: date
    last: date
    settled: date


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


def _texts(parts: list[Part], quarter: Quarter, lake: Lake) -> Iterator[Row]:
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
        keys = pc.binary_join_element_wise(
            table.column("account_id"), table.column("post_id"), "\x1f"
        )
        table = table.append_column("key", keys)
        table = table.filter(pc.invert(pc.is_in(keys, value_set=seen))).sort_by(
            [(n, "descending") for n in ("key", "observed_at", "extracted_at", "text")]
        )
        latest = ""
        for row in table.to_pylist():
            if row["key"] != latest:
                latest = row["key"]
                yield row
        seen = pa.concat_arrays([seen, pc.unique(table.column("key"))])


def _derive(root: Path, platform: str, quarter: Quarter, texts: list[Row]) -> TextReport:
    model = model_version()
    known_words, known_tones = _known(root, platform, quarter)
    words: list[Row] = []
    tones: list[Row] = []
    new = 0
    for row in texts:
        key = (str(row["account_id"]), str(row["post_id"]))
        head = {n: row[n] for n in ("account_id", "post_id", "published_at")}
        text = str(row["text"])
        digest = hashlib.sha256(text.encode()).hexdigest()
        tone = known_tones.get(key)
        if tone and (tone["text_digest"], tone["model_version"]) == (digest, model):
            tones.append(tone | head)
            words += [word | head for word in known_words.get(key, [])]
            continue
        new += 1
        language = language_of(text)
        label, score = tone_of(text, language)
        tones.append(
            head
            | {
                "language": language,
                "label": label,
                "score": score,
                "model_id": MODEL_ID,
                "model_version": model,
                "text_digest": digest,
            }
        )
        if language != OTHER:
            words += [
                head | {"language": language, "lemma": lemma, "word_count": count}
                for lemma, count in word_counts(text, language).items()
            ]
    # Tones last: they carry the digests, so a run killed between the two is made good by the next.
    changed = [
        write_parquet(
            _file(root, table, platform, quarter.label),
            pa.Table.from_pylist(rows, schema=SCHEMAS[table]),
            root,
        )
        for table, rows in (("post_words", words), ("post_sentiments", tones))
    ]
    return TextReport(len(texts), new, sum(changed))


def _known(
    root: Path, platform: str, quarter: Quarter
) -> tuple[dict[PostKey, list[Row]], dict[PostKey, Row]]:
    """Return the words and tones that are there already, by post; nothing where a file is torn."""
    words: dict[PostKey, list[Row]] = {}
    tones: dict[PostKey, Row] = {}
    try:
        stored = {
            table: pq.read_table(
                _file(root, table, platform, quarter.label), schema=schema, partitioning=None
            ).to_pylist()
            for table, schema in SCHEMAS.items()
        }
    except (pa.ArrowException, OSError):
        return {}, {}
    for row in stored["post_words"]:
        words.setdefault((row["account_id"], row["post_id"]), []).append(row)
    for row in stored["post_sentiments"]:
        tones[row["account_id"], row["post_id"]] = row
    return words, tones


def _file(root: Path, table: str, platform: str, quarter: str) -> Path:
    return root / table / f"platform={platform}" / f"quarter={quarter}" / "texts.parquet"
