"""The rows of tills: visits, used nonces, sales."""
