"""A journey as a picture for people who do not read YAML. Runs where journeys are written."""
