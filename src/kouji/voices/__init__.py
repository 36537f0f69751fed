"""Whose voice: clips examined, mended and weighed; voices kept, found and carried from house to house."""
