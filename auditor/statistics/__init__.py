"""Tally, usual values, spikes: pure functions over counts."""
