# numba's intrinsics and llvmlite have no types:
# pyright: basic
# mypy: disable-error-code="import-untyped, no-untyped-call"
"""Bits and words: what the kernels need of a processor beyond arithmetic."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ackproof.search.native.compiling import has_pext, inlined

U = np.uint64
WORD, BYTE, INT = ir.IntType(64), ir.IntType(8), ir.IntType(32)
LINE_BITS = 512


def _typed(implementation: Callable[..., Any]) -> Callable[..., Any]:
    """An intrinsic, which kernels call without its context."""
    return cast("Callable[..., Any]", intrinsic(implementation))


def _two_words(name: str) -> Callable[..., Any]:
    """An instruction on two words."""

    def typed(_context: Any, _x: Any, _mask: Any) -> Any:
        def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            kind = ir.FunctionType(WORD, [WORD, WORD])
            return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)

        return types.uint64(types.uint64, types.uint64), generate

    return _typed(typed)


@_typed
def lowest(_context: Any, _x: Any) -> Any:
    """Which is the lowest bit that is set; of 0 nothing is said."""

    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.IntType(1)(1))

    return types.uint64(types.uint64), generate


@inlined
def extracted(word: Any, mask: Any) -> Any:
    """The bits of *word* under *mask*, moved together at the bottom, by shifts: run by run of the mask."""
    found = U(0)
    at = U(0)
    while mask != U(0):
        low = lowest(mask)
        run = lowest(~(mask >> low)) if mask >> low != ~U(0) else U(64)
        ones = ~U(0) if run == U(64) else (U(1) << run) - U(1)
        found |= ((word >> low) & ones) << at
        at += run
        mask &= ~(ones << low)
    return found


@inlined
def deposited(number: Any, mask: Any) -> Any:
    """The bits of *number* moved to the places that *mask* has, by shifts."""
    word = U(0)
    while mask != U(0):
        low = lowest(mask)
        run = lowest(~(mask >> low)) if mask >> low != ~U(0) else U(64)
        ones = ~U(0) if run == U(64) else (U(1) << run) - U(1)
        word |= (number & ones) << low
        number = number >> run if run < U(64) else U(0)
        mask &= ~(ones << low)
    return word


pext = _two_words("llvm.x86.bmi.pext.64") if has_pext() else extracted
pdep = _two_words("llvm.x86.bmi.pdep.64") if has_pext() else deposited


def _pointer(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kind = signature.args[0]
    array = context.make_array(kind)(context, builder, arguments[0])
    return cgutils.get_item_pointer(context, builder, kind, array, [arguments[1]])


@_typed
def prefetch(_context: Any, array: Any, place: Any) -> Any:
    """Ask for the cache line of ``array[place]``, to be written soon."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = builder.bitcast(_pointer(context, builder, signature, arguments), BYTE.as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, INT, INT, INT])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [pointer, INT(1), INT(3), INT(1)])
        return context.get_dummy_value()

    return types.void(array, place), generate


@_typed
def lanes_equal(_context: Any, array: Any, place: Any, _key: Any) -> Any:
    """Which lanes of the cache line at ``array[place]`` equal a key, as bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        width = signature.args[0].dtype.bitwidth
        lanes = LINE_BITS // width
        kind = ir.VectorType(ir.IntType(width), lanes)
        line = builder.load(
            builder.bitcast(_pointer(context, builder, signature, arguments), kind.as_pointer()), align=64
        )
        undefined = ir.Constant(kind, ir.Undefined)
        one = builder.insert_element(undefined, arguments[2], INT(0))
        every = builder.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(INT, lanes), [0] * lanes))
        equal = builder.icmp_unsigned("==", line, every)
        return builder.zext(builder.bitcast(equal, ir.IntType(lanes)), WORD)

    return types.uint64(array, place, array.dtype), generate
