"""How much memory a process had at most."""

from __future__ import annotations

import resource
from pathlib import Path

_KIB = 1024


def peak_mb() -> float:
    """Return the most memory that this process had resident, MiB.

    What `getrusage` tells includes whoever started us: it outlives the start of another program on Linux.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / _KIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB
