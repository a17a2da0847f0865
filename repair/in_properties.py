"""Changes of a properties file that leave every other byte as it is."""

import re

from javaproperties import (
    KeyValue,
    join_key_value,
    parse,  # pyright: ignore[reportUnknownVariableType]  # it may be handed an IO of anything
)

from ackproof.repair.change import CanNotWriteError

ENCODING = "iso-8859-1"
"""Of the bytes of a properties file; what it lacks is written as escapes."""

GOING_ON = r"\\(?:\r\n|\r|\n)[ \t\f]*"
BLANK = rf"(?:[ \t\f]|{GOING_ON})*"
HEAD = re.compile(rf"({BLANK}(?:{GOING_ON}|\\[^\r\n]|[^\\ \t\f\r\n=:])*)({BLANK}[=:]?{BLANK})")
"""A key, and what stands between it and its value, both of which may go on in the next line."""

LINE_END = re.compile(r"\r\n|\r|\n")
PLAIN = re.compile(r"[ \t]*[=:][ \t]*")


def with_property(data: bytes, key: str, value: str) -> bytes:
    """
    *data* with *value* as the last value of *key*, in its place or else in a line at the end.

    Raises:
        CanNotWriteError: The file ends in the middle of a line that goes on.
    """
    elements = list(parse(data))
    sources = [element.source for element in elements]
    places = [place for place, one in enumerate(elements) if isinstance(one, KeyValue) and one.key == key]
    if places:
        sources[places[-1]] = _replaced(sources[places[-1]], value)
        return "".join(sources).encode(ENCODING)
    settings = [element.source for element in elements if isinstance(element, KeyValue)]
    return _appended("".join(sources), settings, key, value).encode(ENCODING)


def _replaced(source: str, value: str) -> str:
    """The lines of a setting with another *value*."""
    head = HEAD.match(source)
    assert head is not None
    end = LINE_END.findall(source)[-1] if source.endswith(("\r", "\n")) else ""
    return f"{head[0]}{'' if head[2] else '='}{_escaped(value)}{end}"


def _appended(text: str, settings: list[str], key: str, value: str) -> str:
    """The *text* with one more line, written as those *settings* that it has."""
    is_open = text != "" and not text.endswith(("\r", "\n"))
    if is_open and settings and text.endswith(settings[-1]) and re.search(r"(?<!\\)(?:\\\\)*\\\Z", text):
        raise CanNotWriteError("the last line ends with a backslash, and so goes on")
    ends = LINE_END.findall(text)
    end = ends[0] if ends else "\n"
    separators = (head[2] for source in reversed(settings) if (head := HEAD.match(source)))
    separator = next(filter(PLAIN.fullmatch, separators), "=")
    line = f"{join_key_value(key, '', separator='')}{separator}{_escaped(value)}"
    return f"{text}{end}{line}" if is_open else f"{text}{line}{end}"


def _escaped(value: str) -> str:
    return join_key_value("", value, separator="=")[1:]
