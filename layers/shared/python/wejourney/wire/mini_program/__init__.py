"""What a mini program of the brand sends, and what WeChat pushes about it."""
