"""The known word that was probably meant."""

import difflib
from collections.abc import Iterable
from functools import lru_cache

SLIP = 0.8
"""From this likeness on (0 to 1), an unknown key counts as a misspelt known one."""

WRAPPERS = ("spring.", "mp.messaging.", "request.required.")
"""How keys begin that wrap a client's key, or wrapped it in old clients."""

OF_A_CLIENT = ("producer", "consumer", "override")
"""What stands right before a client's key where the clients of Connect, MirrorMaker or Streams have their settings."""

HINT = 0.5
"""From this likeness on, a known word is worth a hint."""


def nearest(word: str, known: Iterable[str], likeness: float) -> str | None:
    """The most similar of the *known* words, if one is at least so alike, whatever their separators."""
    plain = _plain(word)
    by_plain = {each: name for name in known if _may_be_alike(plain, each := _plain(name), likeness)}
    found = difflib.get_close_matches(plain, by_plain, 1, likeness) if by_plain else []
    return by_plain[found[0]] if found else None


def _may_be_alike(word: str, other: str, likeness: float) -> bool:
    """Whether two words can be so alike, going by how long they are: what difflib asks first, and too late."""
    return 2 * min(len(word), len(other)) >= likeness * (len(word) + len(other))


def near_miss(key: str, known: Iterable[str]) -> str | None:
    """
    The *known* key that *key* is a slip of, if it is one.

    A slip is a typing mistake, another separator (``enable_idempotence``), a key cut short (``max.in.flight``) or a
    framework's name of it (``spring.kafka.producer.acks``, ``producer.override.acks``); a key that goes on after a
    known one (``transactional.id.prefix``) is somebody else's.
    """
    plain = _plain(key)
    known = [name for name in known if not plain.startswith(f"{_plain(name)}.")]
    behind = [name for name in known if _wraps(plain, _plain(name))]
    cut_short = behind or [name for name in known if "." in plain and _plain(name).startswith(f"{plain}.")]
    return cut_short[0] if cut_short else nearest(key, known, SLIP)


def _wraps(key: str, name: str) -> bool:
    """Whether *key* is the *name* with what a framework puts before it."""
    before = key.removesuffix(f".{name}")
    return before != key and (key.startswith(WRAPPERS) or before.rpartition(".")[2] in OF_A_CLIENT)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown *word*."""
    known = tuple(known)
    close = nearest(word, known, HINT)
    return f"did you mean {close}?" if close else f"known are {', '.join(known)}"


@lru_cache(maxsize=4096)
def _plain(word: str) -> str:
    return word.strip().lower().replace("_", ".").replace("-", ".")
