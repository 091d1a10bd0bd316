"""Parts of a journey in words, English and Chinese."""
