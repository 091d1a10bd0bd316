"""The API for tills, whose requests are signed with the key of their store."""
