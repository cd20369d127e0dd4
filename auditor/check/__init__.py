"""What `auditor check` looks at before the daemon is started, and how it says so."""

from auditor.check.run import check
from auditor.check.show import as_json, as_table

__all__ = ["as_json", "as_table", "check"]
