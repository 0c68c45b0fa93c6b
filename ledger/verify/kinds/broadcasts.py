"""Hold broadcasts to the gifts that were given in them."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.verify.books import Apply, Books
from ledger.verify.entries import BrokenEntryError, text, whole
from ledger.verify.facts import Session
from ledger.verify.folding import Event, Folded


class Broadcasts:
    """Counts the gifts of each broadcast.

    Args:
        books: What the entries before have made.
    """

    def __init__(self, books: Books) -> None:
        self._books = books

    def kinds(self) -> dict[str, Apply]:
        """Return what is done at each kind of entry of this subject."""
        return {
            "session.opened": self._session_opened,
            "session.closed": self._session_closed,
        }

    def sums(self, session_seq: int) -> tuple[int, int]:
        """Return gifts and sum of a broadcast so far."""
        session = self._books.facts.sessions.get(session_seq)
        return (0, 0) if session is None else (session.gifts, session.total)

    def is_closed(self, session_seq: int) -> bool:
        """Tell whether a broadcast was closed."""
        session = self._books.facts.sessions.get(session_seq)
        return session is not None and session.closed_seq is not None

    def _session_opened(self, event: Event) -> None:
        self._books.facts.sessions[event.seq] = Session(
            text(event.value["body"], "channel", "sessions")
        )

    def closing_sums(self, event: Event, before: Mapping[int, tuple[int, int]]) -> tuple[int, int]:
        """Return gifts and sum of a broadcast at its closing: those before the run, and those in it."""
        session_seq = event.value["body"].get("session")
        if type(session_seq) is not int:
            return (0, 0)
        gifts, total = before.get(session_seq) or self.sums(session_seq)
        return gifts + event.session[0], total + event.session[1]

    def _session_closed(self, event: Event) -> None:
        body = event.value["body"]
        session_seq = whole(body, "session", "sessions")
        session = self._books.facts.sessions.get(session_seq)
        if session is None or session.closed_seq is not None:
            raise BrokenEntryError("sessions", "no-such-session", found=session_seq)
        stated = (
            text(body, "channel", "sessions"),
            whole(body, "gifts", "sessions"),
            whole(body, "total", "sessions"),
        )
        session.closed_seq = event.seq
        if stated != (session.channel, *event.session):
            raise BrokenEntryError(
                "sessions", "differs", (session.channel, *event.session), stated
            )

    def join(
        self, folded: Folded, before: Mapping[int, tuple[int, int]], closed_before: set[int]
    ) -> None:
        """Add a run's gifts to their broadcasts.

        Args:
            folded: The run.
            before: Gifts and sum of each of its broadcasts before it.
            closed_before: Those that were closed before it.
        """
        at_closing = {
            event.value["body"].get("session"): event
            for event in folded.events
            if event.value["kind"] == "session.closed"
            and type(event.value["body"].get("session")) is int
        }
        for session_seq, run in folded.sessions.items():
            session = self._books.facts.sessions.get(session_seq)
            if session is None or session_seq > run.first_seq:
                self._books.fail("sessions", run.first_seq, "no-such-session", found=session_seq)
                # Gifts of a broadcast that nobody opened are still counted, once and without a channel.
                session = self._books.facts.sessions.setdefault(session_seq, Session(run.channel))
            if session.channel != run.channel:
                self._books.fail(
                    "sessions", run.first_seq, "other-channel", session.channel, run.channel
                )
            closing = at_closing.get(session_seq)
            late = closing is not None and closing.session != (run.gifts, run.total)
            if session_seq in closed_before or late:
                self._books.fail(
                    "sessions", run.first_seq, "gift-after-closing", found=session_seq
                )
            session.gifts = before[session_seq][0] + run.gifts
            session.total = before[session_seq][1] + run.total
            self._books.findings.count("sessions", run.gifts)
