"""The proof that every message of a journey has an allowance."""
