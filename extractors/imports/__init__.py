"""Files people already have, brought into the lake under the same records as live readings.

A layout is one module with a `LAYOUT`; a file is recognised by its header. A file with one bad row
imports nothing and names every bad row. The same file twice changes nothing.
"""

from __future__ import annotations

from extractors.imports.layout import ImportRefused, ImportReport
from extractors.imports.run import import_file, layouts

__all__ = ["ImportRefused", "ImportReport", "import_file", "layouts"]
