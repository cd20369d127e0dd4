"""What is kept: hashes, numbers and times, in two ledgers, each written in one transaction.

Intake writes sends and the mailbox's cursor; judgement writes verdicts, tallies, templates, incidents and
letters. SQLAlchemy Core only, so that the same statements run on SQLite and PostgreSQL.
"""
