"""Files that people send: fetched from WeChat before it deletes them, and kept sealed."""
