"""Who has read what is known of a person, and what is shown to those who may not see it in clear."""
