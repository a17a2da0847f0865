"""
Checkpoints: a search that ended before its time, to go on with.

A checkpoint holds the states of each level, packed, and every answer. No value of the model is stored: the questions
are asked again in their order, so the numbers of all values are the same, and a model that now answers otherwise is
found out.
"""

import hashlib
import json
import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ackproof.model.symmetry import told
from ackproof.model.system import System
from ackproof.search.engines import Engine
from ackproof.search.exploration import CheckpointError, Rows, Saved
from ackproof.search.native.layout import Layout, matrix
from ackproof.search.native.lookup import Numbers
from ackproof.search.questions import Question, Questions

About = Mapping[str, object]
"""What a search is about: of two that can go on from one another every entry is the same."""
Arrays = Mapping[str, npt.NDArray[np.uint64] | Numbers]
WIDEST = 64
"""Words to write a state in, of any system that plain Python can search."""


def about(system: System, names: tuple[str, ...], more: About) -> dict[str, object]:
    """What a search of *system* for the properties *names* is about, with what the caller adds."""
    return {**more, "properties": list(names), "model": fingerprint(system)}


def fingerprint(system: System) -> str:
    """What tells a system from others: components, actions, rules, and which reductions are in force."""
    actions = tuple(
        (act.name, act.reads, act.writes, frozenset(act.when), frozenset(act.sees), act.fault, act.times, act.is_urgent)
        for act in system.actions
    )
    declared = (system.reductions, frozenset(system.symmetric))
    parts = (tuple(system.initial.items()), actions, tuple(system.rules.items()), declared)
    # Functions among the rules are told by their names, not by where they are in memory.
    return hashlib.sha256(re.sub(r" at 0x[0-9a-f]+", "", told(parts)).encode()).hexdigest()[:16]


def save(path: Path, header: About, questions: Questions, engine: Engine, satisfied: int) -> None:
    """
    Write a checkpoint, whole or not at all.

    Raises:
        OSError: It can not be written.
    """
    arrays: dict[str, npt.NDArray[np.generic]] = {"asked": np.array(questions.asked, np.int64)}
    for number, question in enumerate((*questions.actions, *questions.statements)):
        for name in ("seen", "counts", "after"):
            arrays[f"{name}_{number}"] = np.array(getattr(question, name), np.int64)
    layout = Layout.of([len(domain) for domain in questions.domains], WIDEST)
    packed = [layout.pack(matrix(rows, len(questions.names))) for rows in engine.rows()]
    arrays["masks"] = np.array([layout.masks[place] for place in range(len(layout.masks))], np.uint64)
    arrays["word"] = np.array(layout.word, np.int64)
    arrays["sizes"] = np.array([len(level) // layout.words for level in packed], np.int64)
    arrays["states"] = np.concatenate(packed)
    counted = {"passing": engine.passing, "fired": engine.fired, "satisfied": satisfied}
    arrays["header"] = np.frombuffer(json.dumps({"about": header, "counted": counted}).encode(), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        with unfinished.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def load(path: Path, header: About, questions: Questions) -> Saved:
    """
    Read a checkpoint into fresh *questions*: every one is asked again.

    Raises:
        CheckpointError: It is damaged, or about something else.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        head = json.loads(arrays["header"].tobytes())
        was, counted = head["about"], head["counted"]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as problem:
        raise CheckpointError(f"{path}: no checkpoint: {problem}") from problem
    _compare(path, was, json.loads(json.dumps(header)))
    try:
        _ask_again(questions, arrays)
    except (KeyError, IndexError, ValueError, StopIteration) as problem:
        raise CheckpointError(f"{path}: the model answers otherwise than when it was written: {problem}") from problem
    masks, word = arrays["masks"].tolist(), arrays["word"].tolist()
    layout = Layout.restored(masks, word)

    def levels() -> Iterator[Rows]:
        ends = np.cumsum(arrays["sizes"]) * layout.words
        for level in np.split(arrays["states"], ends[:-1]):
            yield layout.unpack(level)

    sizes = tuple(arrays["sizes"].tolist())
    return Saved(counted["passing"], tuple(counted["fired"]), counted["satisfied"], sizes, levels)


def _compare(path: Path, was: About, now: About) -> None:
    """Refuse a checkpoint about something else, and say what differs."""
    for name in dict.fromkeys((*now, *was)):
        if was.get(name) != now.get(name):
            is_long = name in {"model", "pipeline"}
            detail = f"another {name}" if is_long else f"{name} {was.get(name)}, and now it is {now.get(name)}"
            raise CheckpointError(f"{path}: the checkpoint is about {detail}")


def _ask_again(questions: Questions, arrays: Arrays) -> None:
    """Ask in the same order; the same questions get the same answers."""
    every = (*questions.actions, *questions.statements)
    seen = [_rows(question, arrays[f"seen_{number}"]) for number, question in enumerate(every)]
    asked: list[int] = arrays["asked"].tolist()
    for number in asked:
        row: tuple[int, ...] = next(seen[number])
        if number < len(questions.actions):
            questions.ask(every[number], row)
        else:
            questions.judge(every[number], row)
    for number, question in enumerate(every):
        if question.counts.tolist() != arrays[f"counts_{number}"].tolist():
            raise ValueError(f"{question.bound.reading.function.__name__} has other outcomes")
        if question.after.tolist() != arrays[f"after_{number}"].tolist():
            raise ValueError(f"{question.bound.reading.function.__name__} leads elsewhere")


def _rows(question: Question, seen: npt.NDArray[np.generic]) -> Iterator[tuple[int, ...]]:
    width = len(question.eyes)
    if width == 0:
        yield ()
    else:
        yield from map(tuple, seen.reshape(-1, width).tolist())
