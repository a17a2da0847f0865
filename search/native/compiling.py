"""Compiling kernels: once for each machine and version, cached on disk in a folder of its own."""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import llvmlite.binding as llvm  # type: ignore[import-untyped]  # it has no types
from numba import njit
from numba.core import config

from ackproof.search.native.readiness import folder

Function = TypeVar("Function", bound=Callable[..., object])
Word = Any
"""In a kernel: an unsigned integer of 64 bits."""
Number = Any
"""In a kernel: a signed integer of 64 bits, which Python and numpy call differently."""

CACHE_DIR = "CACHE_DIR"
"""What numba calls the folder; its types do not know it."""

SLOW_PEXT = ("znver1", "znver2")
"""Processors that have the instruction and run it slower than shifts and masks."""


def has_pext() -> bool:
    """Whether to use the instructions ``pext`` and ``pdep``: ``ACKPROOF_PORTABLE=1`` says no."""
    if os.environ.get("ACKPROOF_PORTABLE"):
        return False
    return llvm.get_host_cpu_name() not in SLOW_PEXT and "+bmi2" in llvm.get_host_cpu_features().flatten().split(",")


def _njit(**options: bool) -> Callable[[Function], Function]:
    """The decorator with an option that its types do not know."""
    return cast("Callable[..., Callable[[Function], Function]]", njit)(**options)


@contextmanager
def cached_there() -> Generator[None, None, None]:
    """Let numba cache what is decorated now in our folder, whatever it does with the code of others."""
    before: str = getattr(config, CACHE_DIR)
    setattr(config, CACHE_DIR, str(folder()))
    try:
        yield
    finally:
        setattr(config, CACHE_DIR, before)


def compiled(function: Function) -> Function:
    """
    A kernel: compiled when it is first called with some types, and found on disk from then on.

    It counts no references to arrays (that would cost more than the search), so it makes no arrays of its own.
    """
    with cached_there():
        return _njit(cache=True, nogil=True, _nrt=False)(function)


def inlined(function: Function) -> Function:
    """A part of kernels: it has no cost of its own."""
    return _njit(forceinline=True, _nrt=False)(function)
