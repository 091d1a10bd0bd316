"""From a journey to its state machine."""
