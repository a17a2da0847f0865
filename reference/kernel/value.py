"""
Values: what does not change once it is made, and is made at every message.

They are what ``attrs.frozen`` makes for the type checkers, which see to it that nobody changes them. To see to it as
they are made, too, would make each of them cost three times as much.
"""

from functools import partial
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    value = partial(attrs.define, unsafe_hash=True)

__all__ = ["value"]
