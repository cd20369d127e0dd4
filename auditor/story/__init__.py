"""Sentences and letters: what the numbers say, in words that a reader understands at once. Pure."""
