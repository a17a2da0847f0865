"""The page docs/kafka-in-depth.md shows what its blocks print, and each verdict is the one that its text claims."""

import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.test_docs import ROOT, written_by

PAGE = ROOT / "docs" / "kafka-in-depth.md"
CHAPTERS = sorted((ROOT / "docs" / "in_depth").glob("*.md"))[1:]
PARTS = ["### In order", "### Run it", "### What common texts say, and what is so"]


@pytest.fixture
def writing(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The generator."""
    return written_by("kafka_in_depth", monkeypatch)


def named(file: Path) -> str:
    return file.stem


def test_the_page_is_what_its_blocks_print(writing: ModuleType) -> None:
    assert PAGE.read_text(encoding="utf-8") == writing.page()


@pytest.mark.parametrize("chapter", CHAPTERS, ids=named)
def test_a_chapter_walks_through_runs_something_and_corrects(writing: ModuleType, chapter: Path) -> None:
    text = chapter.read_text(encoding="utf-8")

    assert re.findall(r"^### .+$", text, re.MULTILINE) == PARTS
    assert any(block.language != "toml" for block in writing.blocks(chapter))


def test_each_pipeline_is_verified_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    pipelines = (ROOT / "examples" / "in-depth").glob("*.toml")

    assert [file.name for file in pipelines if f"$ ackproof verify examples/in-depth/{file.name}" not in page] == []


def test_each_link_leads_somewhere(writing: ModuleType) -> None:
    page = PAGE.read_text(encoding="utf-8")
    sections = {writing.anchor(title) for title in re.findall(r"^#+ (.+)$", page, re.MULTILINE)}

    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= sections
    assert [link for link in re.findall(r"\]\(([^#)]+)\)", page) if not (ROOT / "docs" / link).exists()] == []


def test_every_path_on_the_page_is_there() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert [path for path in re.findall(r"`((?:model|docs|examples)/[^`]*)`", page) if not (ROOT / path).exists()] == []


def test_a_verdict_other_than_the_text_claims_is_refused(writing: ModuleType) -> None:
    block = writing.Block("console", ("no-loss=holds",), "$ ackproof verify examples/in-depth/acks-1.ackproof.toml\n")

    with pytest.raises(writing.NotSoError, match=r"the text claims .*holds.*, the answer is .*violated"):
        list(writing.commanded(block))


def test_a_verdict_that_the_text_does_not_mention_is_refused(writing: ModuleType) -> None:
    block = writing.Block("console", (), "$ ackproof verify examples/in-depth/acks-1.ackproof.toml\n")

    with pytest.raises(writing.NotSoError, match=r"the text claims \{\}"):
        list(writing.commanded(block))


def test_nothing_but_ackproof_is_run(writing: ModuleType) -> None:
    with pytest.raises(writing.NotSoError, match="no command of ackproof: rm page"):
        writing.output_of("rm page")


def test_sections_of_a_file_are_shown_with_what_is_inside_them(writing: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text('# A.\nkafka = "4.3"\n\n[producer]\nclient = "java"\n[producer.config]\nacks = "1"\n\n[claims]\n')

    assert writing.text_of(file, ("producer",)) == '[producer]\nclient = "java"\n[producer.config]\nacks = "1"\n'


def test_python_is_typed_and_answers(writing: ModuleType) -> None:
    block = writing.Block("pycon", (), ">>> for n in (1, 2):\n...     n\n>>> _ = 1\n>>> 'a'\n")

    assert "".join(writing.typed(block, {})) == ">>> for n in (1, 2):\n...     n\n1\n2\n>>> _ = 1\n>>> 'a'\n'a'\n"


def test_how_long_a_search_took_is_left_out(writing: ModuleType) -> None:
    assert writing.SECONDS.sub("", "5 states (0.0 s)\n 7 states\n   (1.5\n   s)\n") == "5 states\n 7 states\n"


def test_a_block_that_fails_names_its_chapter(writing: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "99-broken.md"
    file.write_text("```pycon\n>>> 1 / 0\n```\n")

    with pytest.raises(ZeroDivisionError) as failed:
        writing.chapter(file, {})

    assert failed.value.__notes__ == ["in 99-broken.md, ```pycon"]
