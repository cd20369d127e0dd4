"""What the promises rest on, each beside its peer in one run: `python -m tests.benchmarks.NAME`.

Every benchmark prints a table for people and, as its last line, one JSON object with its figures.
"""
