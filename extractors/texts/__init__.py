"""What posts say, as tables that dbt can count: the words of each text and its tone.

Belongs here: language, words and tone of one text (`language.py`, `words.py`, `tone.py`), and the
tables of many (`tables.py`). Does not belong here: any count over posts; that is dbt's.

Everything runs offline with data that the pinned packages bring along. A text never leaves the
lake: the tables hold its words one by one, and a digest of the whole.
"""

from extractors.texts.tables import SCHEMAS, Quarter, TextReport, derive_texts, lay_out

__all__ = ["SCHEMAS", "Quarter", "TextReport", "derive_texts", "lay_out"]
