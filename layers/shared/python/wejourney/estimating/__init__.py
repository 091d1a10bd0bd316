"""What a journey costs and where it meets a limit, from its definition. Runs where journeys are written."""
