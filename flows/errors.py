"""Errors that a person at the command line can do something about.

Promise: the message is one sentence that says what is wrong and what to do; whatever is not a YusuanError is a defect of ours.
"""


class YusuanError(Exception):
    """Base: ends the command with `exit_code` and the message."""

    exit_code = 1


class UsageError(YusuanError):
    """What was asked for cannot be meant: a missing path, an unknown source, a setting that does not fit."""

    exit_code = 2


class NoWarehouseError(UsageError):
    """There is no warehouse where one was named."""


class OtherVersionError(YusuanError):
    """The warehouse was written by a version whose tables this one cannot continue, most often a newer one."""
