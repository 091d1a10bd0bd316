"""The catalogue of the compiled journeys; `wejourney compile` writes catalogue.json."""
