"""The loyalty programme: reading infra/programme.yaml, and every mistake in it."""
