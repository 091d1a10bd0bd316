"""Contents, merge fields, allowances and rule sets, the outbox's states, channels."""
