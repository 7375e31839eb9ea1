"""Errors that a user can read: what is wrong, where, what is allowed, and what to do next.

A user's mistake never ends in a traceback: the command line prints `str(error)` and leaves with `error.exit_code`. What
comes from outside (a file, a disk) is read and written inside a `boundary`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager


def installing(extra: str) -> str:
    """The command that installs an extra, from the checkout: package indexes have others' `quadro` and `toolkit`."""
    return f'.venv/bin/python -m pip install -e ".[{extra}]"'


class ToolkitError(Exception):
    """Something a user or an analyst can put right.

    Args:
        what: one sentence that names what is wrong, with the offending value.
        where: file, line, field, cell or resource.
        allowed: the values or the form that would be accepted; long lists are cut.
        hint: what to do, best a command.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", allowed: Iterable[object] | str = (), hint: str = "") -> None:
        self.what = what
        self.where = where
        self.allowed = allowed if isinstance(allowed, str) else _listed(allowed)
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        lines = [self.what]
        for label, value in (("where", self.where), ("allowed", self.allowed), ("what to do", self.hint)):
            if value:
                lines.append(f"  {label}: {value}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.what, self.where, self.allowed, self.hint)


class ParameterError(ToolkitError):
    """A parameter, plan, set or policy that is not as its schema wants it."""


class TerritoryError(ToolkitError):
    """A municipality or an area that is unknown, abolished or ambiguous."""


class DataError(ToolkitError):
    """A table that does not match its hash or its schema, or figures that may not be combined."""


class DataNotEmbedded(ToolkitError):
    """A known territory for which `data/` holds no figures: no page is made, and the message says how to get them."""

    exit_code = 1


class MethodError(ToolkitError):
    """Input on which a method is not defined (empty, constant, all treated, not identified).

    Args:
        reason: the key of a text that says it to readers, where data or design, not a mistake, are the cause.
        values: what that text needs.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        allowed: Iterable[object] | str = (),
        hint: str = "",
        reason: str = "",
        values: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(what, where=where, allowed=allowed, hint=hint)
        self.reason, self.values = reason, dict(values or {})

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild_method, (self.what, self.where, self.allowed, self.hint, self.reason, self.values)


class Faults(ToolkitError):
    """Several faults found in one pass, shown together."""

    def __init__(self, faults: Iterable[ToolkitError]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))

    def __reduce__(self) -> tuple[object, ...]:
        return Faults, (self.faults,)


@contextmanager
def boundary(worded: Callable[[str], ToolkitError]) -> Iterator[None]:
    """Tell whatever goes wrong inside, foreseen or not, as one error; those that are worded already pass.

    Args:
        worded: the error, given the reason in a few words without a full stop. What was raised is its cause, which
            `quadro --debug` shows.
    """
    try:
        yield
    except ToolkitError:
        raise
    except Exception as error:
        raise worded(reason(error)) from error


def reason(error: Exception) -> str:
    """Why something failed, in a few words."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, UnicodeError):
        return "it is not UTF-8 text"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, MemoryError):
        return "it takes more memory than there is"
    first = " ".join(str(error).split())[:200].rstrip(".")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def _listed(values: Iterable[object], most: int = 12) -> str:
    items = [str(value) for value in values]
    more = f", … ({len(items) - most} more)" if len(items) > most else ""
    return ", ".join(items[:most]) + more


def _rebuild(kind: type[ToolkitError], what: str, where: str, allowed: str, hint: str) -> ToolkitError:
    return kind(what, where=where, allowed=allowed, hint=hint)


def _rebuild_method(
    what: str, where: str, allowed: str, hint: str, reason: str, values: Mapping[str, object]
) -> MethodError:
    return MethodError(what, where=where, allowed=allowed, hint=hint, reason=reason, values=values)
