"""Use cases of the till: visits, what somebody can be offered, and sales."""
