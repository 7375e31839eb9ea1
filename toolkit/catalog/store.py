"""The store: what all pages of a run share, made once, and handed out so that nobody can change it for anybody else.

Its keys say of what a thing was made: the edition of the data, the day, and what else it depends on. What is put in is
kept as a copy of its own; what is taken out is either immutable (texts, numbers, tuples, mapping proxies, read-only
arrays, frozen objects of these) or the caller's own copy (lists, dicts, sets, other objects); of pandas a shallow copy,
which pandas parts from the original when either is written to. What is neither is refused.

An engine hands a store to the reports of a process with `use`; a kernel that nobody gave one has its own.
"""

from __future__ import annotations

import copy
import copyreg
import dataclasses
import io
import marshal
import pickle
import re
import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from contextvars import ContextVar
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cached_property, partial
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType, MappingProxyType
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from toolkit.catalog import Source, record, recording

MOST = 2000
"""Things kept; a run needs some hundreds. Beyond it, what was not asked for longest goes."""
LARGEST = 64 * 2**20
"""Bytes that one process sends another."""
ATOMS = (
    *(str, bytes, int, float, complex, type(None), type, range, np.generic, Enum, Decimal, PurePath, re.Pattern),
    *(date, time, timedelta, FunctionType, BuiltinFunctionType, type(pd.NaT), type(pd.NA)),
)
"""What cannot be changed."""

Made = TypeVar("Made")
Hand = Callable[[], Any] | None
"""Makes what is handed out; None: what is kept is immutable, and handed out as it is."""


@dataclasses.dataclass(frozen=True)
class _Kept:
    value: Any
    hand: Hand
    sources: tuple[Source, ...]


class Store:
    """Things by key, at most so many.

    Args:
        base: a store whose things this one has, too.
        most: things kept.
    """

    def __init__(self, base: Store | None = None, most: int = MOST) -> None:
        self.most = most
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict(() if base is None else base._kept)
        self._new: set[Hashable] = set()

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._kept

    def keys(self) -> list[Any]:
        """Keys of what is there, what was asked for last at the end."""
        return list(self._kept)

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` returns, made once for a key; see the module for what a caller may do with it.

        The tables that `make` loaded count as loaded by everybody who is handed what it made.

        Raises:
            TypeError: it made something of which nobody can have a copy of his own.
        """
        found = self._kept.get(key)
        if found is None:
            with recording() as loaded:
                made = make()
            found = self._put(key, made, loaded)
            self._new.add(key)
        self._kept.move_to_end(key)
        for source in found.sources:
            record(source)
        handed: Made = found.hand() if found.hand else found.value
        return handed

    def _put(self, key: Hashable, value: Any, sources: Iterable[Source]) -> _Kept:
        kept = self._kept[key] = _Kept(*sealed(value), tuple(sources))
        while len(self._kept) > self.most:
            gone, _ = self._kept.popitem(last=False)
            self._new.discard(gone)
        return kept

    def news(self) -> bytes:
        """What was made here and not in its base, for `take`; what cannot be sent elsewhere, or is too much, stays."""
        found: list[bytes] = []
        for key in [key for key in self._kept if key in self._new]:
            one = self._kept[key]
            try:
                content = pickle.dumps((key, one.value, one.sources))
            except Exception:  # of a class that a notebook defines, say
                continue
            if sum(map(len, found)) + len(content) <= LARGEST:
                found.append(content)
        return pickle.dumps(found)

    def take(self, news: bytes) -> int:
        """Take what another process made; returns how many things came. What was here already stays."""
        came = 0
        for content in pickle.loads(news):
            try:
                key, value, sources = _Known(io.BytesIO(content)).load()
            except Exception:
                continue
            if key not in self._kept:
                self._put(key, value, sources)
                came += 1
        return came


class _Known(pickle.Unpickler):
    """Imports nothing: things of modules that are not here stay away."""

    def find_class(self, module: str, name: str) -> Any:
        if module not in sys.modules or module == "__main__":
            raise pickle.UnpicklingError(f"{module} is not here")
        return super().find_class(module, name)


_given: ContextVar[Store | None] = ContextVar("store", default=None)
_own = Store()


def current() -> Store:
    """The store of this process: the one that the engine gave, else its own."""
    given = _given.get()
    return _own if given is None else given


def use(store: Store) -> None:
    """Have reports use a store from now on."""
    _given.set(store)


def sealed(value: Any) -> tuple[Any, Hand]:
    """A value as it is kept, and how it is handed out.

    Raises:
        TypeError: it, or a part of it, is neither immutable nor of a kind that can be copied safely.
    """
    if isinstance(value, ATOMS) or getattr(type(value), "__shareable__", False):
        return value, None
    if isinstance(value, (pd.DataFrame, pd.Series)):
        return _pandas(value)
    if isinstance(value, pd.Index):
        kept = value.copy()
        return kept, kept.copy
    if isinstance(value, np.ndarray):
        return _array(value), None
    if isinstance(value, (dict, MappingProxyType)):
        return _mapping(value)
    if isinstance(value, (tuple, list, set, frozenset)):
        return _collection(value)
    if hasattr(value, "__dict__") or dataclasses.is_dataclass(value):
        return _object(value)
    raise TypeError(f"a {type(value).__name__} cannot be shared among pages")


def _pandas(value: Any) -> tuple[Any, Hand]:
    columns = [value] if isinstance(value, pd.Series) else [value.iloc[:, at] for at in range(value.shape[1])]
    for column in columns:
        if column.dtype == object:
            _require_atoms(column.to_numpy())
    kept = value.copy(deep=False)
    return kept, lambda: kept.copy(deep=False)


def _array(value: np.ndarray) -> np.ndarray:
    if value.dtype == object:
        _require_atoms(value.ravel())
    if value.flags.writeable or value.base is not None:
        value = value.copy()
        value.flags.writeable = False
    return value


def _require_atoms(cells: np.ndarray) -> None:
    for cell in cells:
        if not isinstance(cell, ATOMS):
            raise TypeError(f"cells that hold a {type(cell).__name__} cannot be shared among pages")


def _mapping(value: Mapping[Any, Any]) -> tuple[Any, Hand]:
    kept, hands = _parts(value)
    if plain := _plain(value, hands):
        return kept, plain
    if isinstance(value, MappingProxyType):
        return MappingProxyType(kept), (lambda: MappingProxyType(_handed(kept, hands))) if hands else None
    return kept, (lambda: _handed(kept, hands))


def _plain(value: Any, hands: Mapping[Any, Any]) -> Hand:
    """How nested lists and dicts of texts and numbers alone are copied fastest; None for anything else."""
    try:
        return partial(marshal.loads, marshal.dumps(value)) if hands else None
    except ValueError:
        return None


def _parts(value: Mapping[Any, Any]) -> tuple[dict[Any, Any], dict[Any, Callable[[], Any]]]:
    both = {key: sealed(one) for key, one in value.items()}
    return {key: kept for key, (kept, _) in both.items()}, {key: hand for key, (_, hand) in both.items() if hand}


def _handed(kept: dict[Any, Any], hands: dict[Any, Callable[[], Any]]) -> dict[Any, Any]:
    return {**kept, **{key: hand() for key, hand in hands.items()}}


def _collection(value: Any) -> tuple[Any, Hand]:
    kind = type(value)
    make = kind._make if hasattr(kind, "_make") else kind
    kept, hands = _parts(dict(enumerate(value)))
    if not hands:
        alike = make(kept.values())
        return alike, (None if isinstance(value, (tuple, frozenset)) else (lambda: copy.copy(alike)))
    if plain := _plain(value, hands):
        return make(kept.values()), plain
    return make(kept.values()), lambda: make(_handed(kept, hands).values())


def _object(value: Any) -> tuple[Any, Hand]:
    """An object by its attributes, those included that it has found out so far."""
    kept, hands = _parts(_attributes(value))
    alike = _alike(value, kept)
    if not hands and _frozen(type(value)):
        return alike, None
    return alike, lambda: _alike(alike, _handed(kept, hands))


def _attributes(value: Any) -> dict[str, Any]:
    if hasattr(value, "__dict__"):
        return vars(value)
    return {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}


def _alike(value: Any, attributes: dict[str, Any]) -> Any:
    fresh = copy.copy(value)
    for name, one in attributes.items():
        object.__setattr__(fresh, name, one)
    return fresh


def _frozen(kind: type) -> bool:
    """Whether objects of a class stay as they are."""
    finds = any(isinstance(one, cached_property) for base in kind.__mro__ for one in vars(base).values())
    data = getattr(kind, "__dataclass_params__", None)
    settings = getattr(kind, "model_config", {})
    return not finds and bool((data and data.frozen) or settings.get("frozen"))


def _proxy(content: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(content)


copyreg.pickle(MappingProxyType, lambda proxy: (_proxy, (dict(proxy),)))
