"""Kernels are compiled once, and find the same without the instructions that only some processors have."""

import json
import os
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from ackproof.model.published.system import published
from ackproof.model.published.variants import VARIANTS
from ackproof.properties.property import always
from ackproof.properties.published import weak_isr
from ackproof.search.engines import How
from ackproof.search.exploration import Budget
from ackproof.search.explorer import explore
from ackproof.search.native.warm import lamps

ROOT = Path(__file__).parents[3]
WARM = [sys.executable, "-m", "ackproof.search.native.warm"]
SEARCH = """
import json
from ackproof.search.engines import How
from ackproof.search.native import bits
from tests.search.native.test_portable import everything

assert bits.pext is bits.extracted and bits.pdep is bits.deposited
print(json.dumps(everything(How("compiled", workers=2))))
"""


@always(source="none")
def not_both_are_on(one: bool, other: bool) -> bool:
    """One of two lamps is off."""
    return not (one and other)


def everything(how: How) -> list[object]:
    """What is found of states that are stored as remainders, as words, as pairs of words, and on the way to some."""
    replication = published(VARIANTS["kip-320"], replicas=2, log_size=2, records=2, max_leader_epoch=1)
    found = [explore(attrs.evolve(replication, reductions=frozenset()), *weak_isr(2), how=how)]
    for many in (8, 50, 90):
        statement = not_both_are_on.on(one="lamp_0", other=f"lamp_{many - 1}")
        found.append(explore(lamps(many), budget=Budget(depth=2), how=how))
        found.append(explore(lamps(many), statement, how=how))
    return [[one.ended, one.distinct_states, one.fired, one.depth, one.python_calls] for one in found]


def run(command: list[str], cache: Path) -> list[str]:
    """The lines that a process prints which may not use special instructions, and has a cache of its own."""
    portable = {"ACKPROOF_PORTABLE": "1", "XDG_CACHE_HOME": str(cache), "NUMBA_DEBUG_CACHE": "1", "PYTHONPATH": "."}
    environment = {**os.environ, **portable}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


@pytest.mark.slow
def test_portable_kernels_find_the_same_and_are_compiled_once(tmp_path: Path) -> None:
    compiling = run(WARM, tmp_path)
    *searching, found = run([sys.executable, "-c", SEARCH], tmp_path)

    assert json.loads(found) == everything(How("plain"))
    assert len(list(tmp_path.glob("ackproof/*/ready"))) == 1
    assert any("data saved" in line for line in compiling)
    assert any("data loaded" in line for line in searching)
    assert not any("saved" in line for line in searching)
