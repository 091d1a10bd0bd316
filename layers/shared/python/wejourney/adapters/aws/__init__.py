"""Queues, secrets, executions and the event bus of AWS."""
