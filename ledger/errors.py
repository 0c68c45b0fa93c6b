"""Every error a caller may meet, in one tree. A leaf has a code and typed fields, no sentence, and knows no HTTP."""

from __future__ import annotations


class LedgerError(Exception):
    """Root of all errors of the service.

    Args:
        fields: What a person needs to understand it: file, line, field, value, reason, and the like. Never a
            secret, a nickname or an account number.
    """

    code = "ledger-error"

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        super().__init__(self.__str__())

    def __str__(self) -> str:
        """Return the code and the fields, for logs and the command line."""
        return self.code + "".join(f" {name}={value!r}" for name, value in self.fields.items())

    def __reduce__(self) -> tuple[object, ...]:
        """Let the error travel between processes with its fields."""
        return _rebuilt, (type(self), self.fields)


def _rebuilt(kind: type[LedgerError], fields: dict[str, object]) -> LedgerError:
    return kind(**fields)


class InputError(LedgerError):
    """The sender can correct it."""

    code = "input"


class AmountError(InputError):
    """An amount that cannot be taken: reason is `not-an-amount`, `too-many-decimals`, `too-large`, `not-positive`,
    `unknown-commodity`.
    """

    code = "amount"


class TimeFieldError(InputError):
    """A time that cannot be taken: reason is `not-a-time`, `no-time-zone`, `far-future`, `too-old`."""

    code = "time"


class FieldError(InputError):
    """A field is missing, of the wrong type, too long or not one of the allowed values."""

    code = "field"


class FileFormatError(InputError):
    """A file is not what it should be; fields `file`, `line`, `field`, `reason`."""

    code = "file-format"


class BalanceTieError(InputError):
    """A file whose opening balance and lines do not make its closing balance; it is held."""

    code = "balance-tie"


class UnknownNameError(InputError):
    """A channel, account, disease or member that the fund does not have."""

    code = "unknown-name"


class SettingsError(InputError):
    """A setting is unknown or malformed; fields `name`, `expected`, `value` (never a secret)."""

    code = "settings"


class SignatureError(InputError):
    """A delivery's signature is missing or wrong."""

    code = "signature"


class TooLargeError(InputError):
    """A body, file or entry is larger than its limit."""

    code = "too-large"


class WrongHostError(InputError):
    """The request names a host that is not ours."""

    code = "wrong-host"


class FormExpiredError(InputError):
    """A form was sent without the key of this sign-in, or with one that has expired: nothing was done."""

    code = "form-expired"


class PersonalDataError(InputError):
    """What is to be public holds a phone or identity number; `file`, `row`, `field` and `what` say where."""

    code = "personal-data"


class InsufficientError(InputError):
    """More would leave an account than it holds; fields `account`, `available`, `asked`."""

    code = "insufficient"


class PeriodClosedError(InputError):
    """The month is closed."""

    code = "period-closed"


class StateError(InputError):
    """The thing is not in the state for this step; fields `what`, `state`, `needed`."""

    code = "state"


class MatchedFileError(StateError):
    """A file cannot be taken again while lines of it are matched; field `matches`."""

    code = "file-matched"


class AboveLimitError(StateError):
    """One person may not book so much: `needed` is the kind of decision that has to be proposed."""

    code = "above-limit"


class NotAllowedError(LedgerError):
    """The role or the four-eyes rule forbids it."""

    code = "not-allowed"


class FourEyesError(NotAllowedError):
    """Whoever proposed it cannot approve it."""

    code = "four-eyes"


class UnauthorizedError(NotAllowedError):
    """No token, or one that is unknown, ended or of another fund."""

    code = "unauthorized"


class SignInNeededError(UnauthorizedError):
    """Nobody is signed in; field `do`."""

    code = "sign-in-needed"


class SignInRefusedError(UnauthorizedError):
    """What was shown does not open this user; never says which part was wrong, nor whether there is such a user."""

    code = "sign-in-refused"


class FreshFactorNeededError(NotAllowedError):
    """The second factor was shown too long ago for this step; field `do`."""

    code = "fresh-factor-needed"


class TooManyTriesError(NotAllowedError):
    """Too many wrong tries; field `wait_seconds`."""

    code = "too-many-tries"


class LinkEndedError(NotAllowedError):
    """A link that never was, was used, was replaced or is too old: nobody is told which."""

    code = "link-ended"


class CrossSiteError(NotAllowedError):
    """A form was sent from another site."""

    code = "cross-site"


class TooOftenError(NotAllowedError):
    """More requests than the limit; field `wait_seconds`."""

    code = "too-often"


class NotFoundError(LedgerError):
    """There is no such thing."""

    code = "not-found"


class ConflictError(LedgerError):
    """The same id with other content; fields `key`, `field` (the first that differs), `seq` of the first entry."""

    code = "conflict"


class ExternalError(LedgerError):
    """A feed, bank, witness or mail host failed; may be retried."""

    code = "external"


class BusyError(ExternalError):
    """The database is locked by another writer for too long; nothing was written, try again."""

    code = "busy"


class UnreachableError(ExternalError):
    """The database cannot be opened or reached, or does not answer."""

    code = "unreachable"


class ReadOnlyError(ExternalError):
    """The database takes nothing now: set so, a replica, or a disk mounted so. Nothing was written."""

    code = "read-only"


class StorageFullError(ExternalError):
    """The disk is full; nothing was written."""

    code = "storage-full"


class VerificationError(LedgerError):
    """A signature or a proof fails; carries the evidence."""

    code = "verification"


class MalformedProofError(VerificationError):
    """A note, checkpoint, tile or proof that is not in its format."""

    code = "malformed-proof"


class RolledBackError(VerificationError):
    """The database is older than, or not consistent with, the last tree that was signed."""

    code = "rolled-back"


class KeyMismatchError(VerificationError):
    """The key file is not the key that the log names."""

    code = "key-mismatch"


class InclusionProofError(VerificationError):
    """A leaf is not shown to be in a tree; fields `reason`, `index`, `size`, `leaf`, `root`."""

    code = "inclusion-proof"


class ConsistencyProofError(VerificationError):
    """A tree is not shown to begin a larger one; fields `reason`, `size1`, `size2`, `root1`, `root2`, `proof`."""

    code = "consistency-proof"


class NoteSignatureError(VerificationError):
    """No known key signed a note, or a known key's signature is wrong; fields `reason`, `name`, `key_id`."""

    code = "note-signature"


class CommitmentError(VerificationError):
    """What was shown does not open a commitment; fields `reason`, `label`, `commitment`."""

    code = "commitment"


class InvariantError(LedgerError):
    """Our own data contradicts itself; the writer stops."""

    code = "invariant"


class StatementTieError(InvariantError):
    """Two figures of a statement that must agree do not; fields `left`, `right` and both values."""

    code = "statement-tie"
