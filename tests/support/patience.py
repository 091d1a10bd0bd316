"""How long tests wait for what should happen soon."""

PATIENCE = 300.0
"""Real seconds that nothing takes on the busiest machine: they pass only where something hangs."""
