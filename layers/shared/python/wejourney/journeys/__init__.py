"""What a machine carries: definition, conditions, routing, receiving, runs, waits, calendar."""
