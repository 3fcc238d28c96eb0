"""One module a platform, found by its name in `records.Platform`, and the run that drives them.

Adding a platform is one value of that enum and one module here with an `EXTRACTOR`.
"""

from __future__ import annotations

from extractors.platforms.discovery import extractor_for, platforms
from extractors.platforms.report import ExtractionReport
from extractors.platforms.run import ExtractionSettings, extract

__all__ = ["ExtractionReport", "ExtractionSettings", "extract", "extractor_for", "platforms"]
