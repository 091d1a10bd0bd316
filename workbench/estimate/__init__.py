"""What a journey and a population cost and where they meet a limit. Runs where journeys are written."""
