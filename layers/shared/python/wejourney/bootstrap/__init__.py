"""The composition roots: which adapter serves which port, one module for functions that start alike."""
