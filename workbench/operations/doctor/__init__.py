"""What is wrong with the setup of a deployment: what is observed, and what follows from it."""
