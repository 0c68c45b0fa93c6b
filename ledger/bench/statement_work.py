"""The worker that makes or signs a statement, and what it took: the very process that the desk starts, and a line more.

In: fund and job on the command line. Out: seconds of processor time and memory on standard output.
"""

from __future__ import annotations

import sys
from time import process_time

import orjson

from ledger.bench.memory import peak_mb
from ledger.logs import configure_logs
from ledger.settings import from_environment
from ledger.statements.worker import limit, work


def main() -> None:
    """Work on the job that the command line names."""
    configure_logs("warning", "console")  # standard output is for what is told
    slug, job_id = sys.argv[1:3]
    settings = from_environment()
    limit(settings.statement_memory)
    job = work(settings, slug, job_id)
    assert job is not None
    told = {
        "state": job.state,
        "said": job.said,
        "problem": job.problem,
        "cpu": process_time(),
        "peak_mb": peak_mb(),
    }
    sys.stdout.buffer.write(orjson.dumps(told))


if __name__ == "__main__":
    main()
