"""Wording that several sends share: found, never declared.

A deterministic state machine over keyed words: the same sequence of sends gives the same templates and
verdicts, with no clock and no I/O. The only home of scikit-learn.
"""

from auditor.template.classes import Reason
from auditor.template.index import TemplateIndex
from auditor.template.values import Judgement, KeyedSend, Rules, TemplateRecord, Verdict
from auditor.template.wording import fixed_words, wording_in_clear

__all__ = [
    "Judgement",
    "KeyedSend",
    "Reason",
    "Rules",
    "TemplateIndex",
    "TemplateRecord",
    "Verdict",
    "fixed_words",
    "wording_in_clear",
]
