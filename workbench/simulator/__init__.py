"""Journeys played on a virtual clock: one person's transcript, or what many people make of it."""
