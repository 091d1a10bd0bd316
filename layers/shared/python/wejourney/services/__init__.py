"""The use cases: what the product does, speaking to the world through ports."""
