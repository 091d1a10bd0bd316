"""The ports: what the services need of the world, one file per aggregate."""
