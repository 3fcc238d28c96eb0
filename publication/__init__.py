"""Publication: freezing a checked candidate, and what can be asked of what was frozen."""
