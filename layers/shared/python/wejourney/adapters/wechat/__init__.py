"""WeChat's API over HTTP."""
