"""The campaign auditor: how much of what a company mails was written for one person.

A newcomer starts at `auditor.pipeline`, which shows a message's way through the stages; each folder
beside it is one stage, in the order of that way.
"""

__version__ = "0.1.0"
