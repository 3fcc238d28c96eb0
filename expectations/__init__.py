"""The gate: whether a candidate may be published. Knows DuckDB and Great Expectations, no more."""
