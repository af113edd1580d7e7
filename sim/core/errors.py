"""The errors a user can cause; every command turns them into one line and exit code 2."""


class HeliospinError(Exception):
    """Base of all errors that the user can mend; the message is one line."""


class CardError(HeliospinError):
    """A run card, an override or a value in it is not usable."""


class InputFileError(HeliospinError):
    """An input file is missing, truncated, of the wrong kind or inconsistent."""


class OutputError(HeliospinError):
    """An output cannot be written."""


class TableError(HeliospinError):
    """A physics table does not hold what it must."""


class PhysicsError(HeliospinError):
    """A value is outside the domain of a formula."""


class FitError(HeliospinError):
    """A fit cannot be set up or did not converge."""
