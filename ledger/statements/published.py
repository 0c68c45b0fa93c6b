"""Which files were published, as the database said it last: so that they are handed out while it is away.

In: names and hashes of published files. Out: the same, from a file in `LEDGER_HOME`. Guaranteed: nothing is in it that
anybody could not read in the log, and whoever hands a file out compares its bytes with the hash.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import orjson

from ledger.projections.statement_list import NamedFile

FOLDER = "last-published"


class PublishedNames:
    """The names of the published files of each fund, one small file a fund.

    Args:
        home: Folder of everything the service keeps.
    """

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER
        self._noted: dict[str, dict[str, NamedFile]] = {}

    def note(self, slug: str, names: dict[str, NamedFile]) -> None:
        """Keep what is published now, if it is not what was noted last; a disk that takes nothing keeps nothing.

        Args:
            slug: Of a fund that there is.
            names: Files by name.
        """
        if self._noted.get(slug) == names:
            return
        told = {name: (*one[:2], one.sha256.hex()) for name, one in names.items()}
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside = self._folder / f"{slug}.{os.getpid()}"
            beside.write_bytes(orjson.dumps(told))
            beside.replace(self._path(slug))
        self._noted[slug] = names

    def last(self, slug: str) -> dict[str, NamedFile] | None:
        """Return what was noted last, by this process or another one.

        Args:
            slug: Of a fund, or what somebody typed.

        Returns:
            Files by name; None where nothing was noted.
        """
        try:
            # Another process may know a newer one.
            told = orjson.loads(self._path(slug).read_bytes())
            return {
                name: NamedFile(number, language, bytes.fromhex(digest))
                for name, (number, language, digest) in told.items()
            }
        except (OSError, ValueError):
            return self._noted.get(slug)

    def _path(self, slug: str) -> Path:
        return self._folder / f"{slug}.json"
