"""What the pipeline makes, in the order of the flow: registry, extraction, transformation, quality, release."""
