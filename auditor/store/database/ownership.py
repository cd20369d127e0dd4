"""What root writes beside the service's store belongs to the service: else its next start cannot read it."""

import contextlib
import os
from pathlib import Path


def give(folder: Path, *paths: Path) -> None:
    """Have files belong to whom the folder belongs to, where root has made them and may give them away."""
    if os.geteuid() == 0:
        owner = folder.stat()
        with contextlib.suppress(PermissionError):  # a container may take that right from root
            for path in paths:
                os.chown(path, owner.st_uid, owner.st_gid)
