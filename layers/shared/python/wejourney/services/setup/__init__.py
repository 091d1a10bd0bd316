"""What a deployment finds out about its own setup."""
