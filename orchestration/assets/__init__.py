"""What the pipeline makes: registry, extraction, transformation, quality, release."""
