"""The language of journeys: reading a file, checking it, compiling it. Runs where journeys are written."""
