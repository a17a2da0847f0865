"""
Values: what does not change once it is made, and is made at every message.

They are what ``attrs.frozen`` makes for the type checkers, which see to it that nobody changes them. To see to it as
they are made, too, would make each of them cost three times as much.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

import attrs

T = TypeVar("T")

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    value = partial(attrs.define, unsafe_hash=True)

__all__ = ["derived", "value"]


def derived(of: Callable[[Any], T]) -> T:
    """A field that follows *of* the others: it is looked at more often than values of its class are made."""
    default: Any = attrs.Factory(of, takes_self=True)
    return cast("T", attrs.field(init=False, eq=False, repr=False, default=default))
