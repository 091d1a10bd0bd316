"""The API for the brand's own systems: its operations, what they take, and what they answer."""
