"""The only place that touches Great Expectations.

Belongs here: turning our expectations into a suite, running it over a pandas batch, and reading the
verdict. Imported only after the candidate is closed: Great Expectations takes seconds to import,
and nobody should wait for the warehouse meanwhile.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from expectations.check import Expectation


class EmptySuite(RuntimeError):
    """A suite without expectations would pass whatever it is shown."""


class Judge:
    """Judges batches with Great Expectations in an ephemeral context."""

    def __init__(self) -> None:
        os.environ["GX_ANALYTICS_ENABLED"] = "false"
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        self._gx: Any = gx
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        source = context.data_sources.add_pandas("candidate")
        # One asset for every batch: adding and deleting one writes the whole context out as YAML.
        asset = source.add_dataframe_asset("batch")
        self._whole: Any = asset.add_batch_definition_whole_dataframe("whole")

    def accepts(self, name: str, batch: pd.DataFrame, expectations: Sequence[Expectation]) -> bool:
        """Return whether the batch meets every expectation.

        Only the verdict is asked for: fuller result formats would store offending values.

        Raises:
            EmptySuite: when there is nothing to meet.
        """
        if not expectations:
            raise EmptySuite(f"The suite {name} has no expectations.")
        suite = self._gx.ExpectationSuite(name=name)
        for expectation in expectations:
            kind = getattr(self._gx.expectations, expectation.kind)
            suite.add_expectation(kind(**expectation.arguments))
        shown = self._whole.get_batch(batch_parameters={"dataframe": batch})
        outcome = shown.validate(suite, result_format="BOOLEAN_ONLY")
        broken = [r for r in outcome.results if r.exception_info.get("raised_exception")]
        if broken or len(outcome.results) != len(expectations):
            raise RuntimeError(f"Great Expectations could not run the whole suite {name}.")
        return bool(outcome.success)
