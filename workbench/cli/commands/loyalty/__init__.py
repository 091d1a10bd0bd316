"""`wejourney points`: what is in the books."""
