"""What happens to a follower: one typed stream of events, whoever tells of it."""
