"""What is wrong with a journey that can be read."""
