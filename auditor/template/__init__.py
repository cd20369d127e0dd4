"""Wording that several sends share: found, never declared.

A deterministic state machine over keyed words: the same sequence of sends gives the same templates and
verdicts, with no clock and no I/O. The only home of scikit-learn.
"""
