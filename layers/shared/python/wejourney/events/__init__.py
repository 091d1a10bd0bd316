"""The events: their types, their one registry, and the matching of patterns."""
