"""The configuration: one TOML file, read into typed frozen sections. Every error names file and key."""

from auditor.config.load import load
from auditor.config.sections import Config

__all__ = ["Config", "load"]
