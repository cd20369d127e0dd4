"""Everything that reads what others wrote, fed with broken and hostile variants of a kept corpus.

`python -m tests.fuzz --cases 1000000` runs as long as wanted and writes each finding as a file;
`make test` runs a few thousand.
"""
