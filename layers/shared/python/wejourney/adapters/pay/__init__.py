"""WeChat Pay's API over HTTP."""
