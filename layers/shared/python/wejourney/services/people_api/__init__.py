"""Use cases of the API for the brand's own systems."""
