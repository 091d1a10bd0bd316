"""The tables: followers with their timeline, the ledger, and the accounts' access tokens."""
