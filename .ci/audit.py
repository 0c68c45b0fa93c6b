"""Look for published weaknesses of the pinned packages, and say honestly what could not be looked up.

    audit.py            as part of `make check`: exit 1 only for a real finding; without the network, say that and pass
    audit.py --strict   `make audit`: exit 1 as well if any package could not be looked up

A finding that does not reach us is accepted below, with its reason and the day until which that holds.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SECONDS_MAX = 120
"""As long as a slow connection needs for seventy packages."""


class Accepted(NamedTuple):
    """A finding that does not reach us."""

    reason: str
    until: date


ACCEPTED: dict[str, Accepted] = {}
"""By the id that the audit names, such as `GHSA-…`."""


class Verdict(NamedTuple):
    """What an audit says.

    Attributes:
        findings: A line for each weakness that is not accepted.
        looked_up: Packages of which something is known.
        skipped: Packages of which nothing could be learnt.
    """

    findings: list[str]
    looked_up: int
    skipped: list[str]


def verdict_of(report: dict[str, Any], today: date) -> Verdict:
    """Read the report of pip-audit.

    Args:
        report: Its JSON.
        today: Until when an acceptance has to hold.

    Returns:
        What it says.
    """
    findings, skipped, looked_up = [], [], 0
    for package in report["dependencies"]:
        if "skip_reason" in package:
            skipped.append(package["name"])
            continue
        looked_up += 1
        for one in package["vulns"]:
            ids = {one["id"], *one.get("aliases", ())}
            if not any(id_ in ACCEPTED and today <= ACCEPTED[id_].until for id_ in ids):
                fixed = ", ".join(one.get("fix_versions", ())) or "none yet"
                findings.append(
                    f"{package['name']} {package['version']}: {one['id']}, fixed in {fixed}"
                )
    return Verdict(findings, looked_up, skipped)


def exit_code(verdict: Verdict, *, strict: bool) -> int:
    """Return 1 for a finding, and where all was asked for, for whatever was not looked up."""
    return int(
        bool(verdict.findings) or (strict and (bool(verdict.skipped) or not verdict.looked_up))
    )


def audit() -> dict[str, Any]:
    """Ask for all pinned packages; an empty report where the service cannot be asked."""
    command = [
        *(
            str(Path(sys.executable).with_name("pip-audit")),
            "--format",
            "json",
            "--disable-pip",
            "--no-deps",
        ),
        *("--progress-spinner", "off", "--timeout", "10", "-r", str(ROOT / "requirements.txt")),
    ]
    nothing: dict[str, Any] = {"dependencies": []}
    try:
        done = subprocess.run(  # noqa: S603 -- our own command
            command, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
        )
        report: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError, FileNotFoundError):
        return nothing
    return report


def main() -> int:
    """Audit, and print one line or the findings."""
    verdict = verdict_of(audit(), datetime.now(UTC).date())  # noqa: TID251 -- no part of the service
    for line in verdict.findings:
        sys.stdout.write(f"{line}\n")
    if verdict.skipped or not verdict.looked_up:
        sys.stdout.write(
            f"audit: {verdict.looked_up} packages looked up, {len(verdict.skipped) or 'all others'} could not be: "
            "nothing is known of those. Run `make audit` where the package index can be reached.\n"
        )
    elif not verdict.findings:
        sys.stdout.write(f"audit: {verdict.looked_up} packages, no known weakness\n")
    return exit_code(verdict, strict="--strict" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
