"""Connections to PostgreSQL that give up on a server which is reached and says nothing, as when its disk hangs.

A server that is gone refuses, and needs no patience.

In: an engine. Out: `NoAnswer` in the place of waiting for ever. Guaranteed: a connection that was given up is closed,
so nobody reads an answer that belongs to an earlier question.
"""

from __future__ import annotations

from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
from psycopg.abc import PQGen
from psycopg.errors import ConnectionTimeout as NoAnswer
from sqlalchemy import event

__all__ = ["ANSWER_S", "CONNECT_S", "PING_S", "NoAnswer", "PatientConnection"]

CONNECT_S = 2
"""Seconds for a new connection; libpq knows whole ones from 2 on."""

PING_S = 1.5
"""Seconds for the question whether a pooled connection still answers, which comes before each transaction."""

ANSWER_S = 15.0
"""Seconds for one statement: more than a writer waits for another one, much more than any page asks for."""

RV = TypeVar("RV")


class PatientConnection(psycopg.Connection[Any]):
    """A connection that waits for an answer so long and no longer."""

    patience_s = PING_S

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for the server, as the driver does everywhere.

        Args:
            gen: The driver's steps.
            interval: Seconds between looks for signals.
            timeout: Seconds that the driver itself allows.

        Returns:
            What the steps return.

        Raises:
            ConnectionTimeout: The server did not answer; the connection is closed.
            _WaitTimeout: The driver's own time is over.
        """
        try:
            return super().wait(gen, interval, self.patience_s if timeout is None else timeout)
        except psycopg.errors._WaitTimeout as error:  # noqa: SLF001 -- it has no other name
            if timeout is not None:
                raise
            self.pgconn.finish()
            raise NoAnswer("the server does not answer") from error

    @classmethod
    def give_to(cls, engine: sa.Engine) -> None:
        """Let an engine make such connections: little patience while it looks for one, more while one is used.

        Args:
            engine: Of PostgreSQL, before its first connection.
        """

        @event.listens_for(engine, "do_connect")
        def _connect(_dialect: object, _record: object, args: Any, options: Any) -> Any:
            return cls.connect(*args, **{**options, "connect_timeout": CONNECT_S})

        @event.listens_for(engine, "checkout")
        def _used(connection: PatientConnection, _record: object, _proxy: object) -> None:
            connection.patience_s = ANSWER_S

        @event.listens_for(engine, "checkin")
        def _rests(connection: PatientConnection | None, _record: object) -> None:
            if connection is not None:
                connection.patience_s = PING_S
