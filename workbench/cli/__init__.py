"""The command line: `uv run wejourney`."""
