"""Notices of WeChat Pay, version 3 of its API."""
