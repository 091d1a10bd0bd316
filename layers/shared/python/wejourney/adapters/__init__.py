"""The edge: AWS and WeChat, translated into the domain's words and errors."""
