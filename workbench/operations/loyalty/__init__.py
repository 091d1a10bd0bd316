"""What people at a terminal see of the books."""
