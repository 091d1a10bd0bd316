"""People: followers, what is known of them, and their erasure."""
