"""How much memory a search may take."""

from pathlib import Path

import pytest

from ackproof.search import memory


@pytest.mark.parametrize(
    ("limit", "megabytes"), [("max\n", None), ("104857600\n", 100), (None, None), (str(1 << 60), None)]
)
def test_a_container_may_have_less_than_its_machine(
    limit: str | None, megabytes: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "memory.max"
    if limit is not None:
        place.write_text(limit, encoding="ascii")
    monkeypatch.setattr(memory, "CGROUP_LIMIT", tmp_path / "nothing")
    machine = memory.machine_megabytes()
    monkeypatch.setattr(memory, "CGROUP_LIMIT", place)

    assert memory.machine_megabytes() == (megabytes or machine)


def test_a_search_may_take_what_it_is_told_or_three_quarters() -> None:
    assert memory.allowed_megabytes(5) == 5
    assert memory.allowed_megabytes(None) == memory.machine_megabytes() * 3 // 4
