"""What people use on their own machine; never deployed."""
