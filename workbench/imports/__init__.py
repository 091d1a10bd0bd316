"""Files of other systems: a mapping says which column is what, each row becomes identities and events."""
