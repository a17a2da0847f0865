"""Packing: what is packed can be unpacked, also after components got wider."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.search.exploration import TooWideError
from ackproof.search.native.layout import WORD_BITS, Layout, bits_for, gather, runs, spread
from ackproof.search.native.lookup import Numbers

MASKS = st.integers(0, (1 << 64) - 1) | st.sampled_from([0, (1 << 64) - 1, 1 << 63, (1 << 63) - 1])


@st.composite
def sizes_and_more(draw: st.DrawFn) -> tuple[int, list[int], list[int]]:
    """One or two words, how many values components have at first, and how many later."""
    words = draw(st.integers(1, 2))
    sizes = draw(st.lists(st.integers(1, 200), min_size=1, max_size=7 * words))
    return words, sizes, [size * draw(st.sampled_from([1, 1, 2])) for size in sizes]


def rows_of(sizes: list[int], many: int) -> Numbers:
    """Rows of numbers of values, always the same ones: random, the lowest and the highest."""
    drawn = np.random.default_rng(many).integers(0, sizes, size=(many, len(sizes)))
    return np.concatenate((drawn, np.zeros((1, len(sizes)), np.int64), np.array([sizes]) - 1))


@given(sizes_and_more())
def test_what_is_packed_can_be_unpacked(sizes: tuple[int, list[int], list[int]]) -> None:
    words, before, _ = sizes
    layout, rows = Layout(words, before), rows_of(before, 20)

    packed = layout.pack(rows)

    assert len(packed) == words * len(rows)
    assert (layout.unpack(packed) == rows).all()


@given(sizes_and_more())
def test_what_was_packed_before_components_got_wider_stays_valid(sizes: tuple[int, list[int], list[int]]) -> None:
    words, before, after = sizes
    layout, rows = Layout(words, before), rows_of(before, 20)
    packed = layout.pack(rows)

    is_wider = layout.fit(after)

    assert is_wider == any(bits_for(more) > bits_for(size) for size, more in zip(before, after, strict=True))
    assert (layout.unpack(packed) == rows).all()
    assert (layout.pack(rows) == packed).all()
    assert (layout.unpack(layout.pack(rows_of(after, 20))) == rows_of(after, 20)).all()


@given(sizes_and_more())
def test_no_two_components_share_a_bit(sizes: tuple[int, list[int], list[int]]) -> None:
    words, before, after = sizes
    layout = Layout(words, before)
    layout.fit(after)

    for word in range(words):
        masks = [mask for mask, place in zip(layout.masks, layout.word, strict=True) if place == word]
        assert sum(masks) == (1 << layout.used[word]) - 1 == sum(masks) & ~(1 << WORD_BITS)
    assert [layout.width(component) for component in range(len(after))] == list(map(bits_for, after))


@given(sizes_and_more())
def test_a_layout_is_known_by_its_masks(sizes: tuple[int, list[int], list[int]]) -> None:
    words, before, after = sizes
    layout, rows = Layout(words, before), rows_of(after, 5)
    layout.fit(after)

    again = Layout.restored(list(layout.masks), list(layout.word))

    assert again.used == layout.used[: again.words]
    assert (again.unpack(again.pack(rows)) == rows).all()


@pytest.mark.parametrize(("components", "words"), [(1, 1), (63, 1), (64, 2), (126, 2)])
def test_a_word_has_room_for_63_bits(components: int, words: int) -> None:
    assert Layout.of([2] * components, 2).words == words


def test_two_words_have_no_room_for_127_bits() -> None:
    with pytest.raises(TooWideError, match="2 words"):
        Layout.of([2] * 127, 2)


def test_a_full_word_has_no_room_for_a_wider_component() -> None:
    layout = Layout(1, [2] * 63)

    with pytest.raises(TooWideError):
        layout.fit([2] * 62 + [3])


@pytest.mark.parametrize(("size", "bits"), [(0, 1), (1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (256, 8), (257, 9)])
def test_bits_that_tell_values_apart(size: int, bits: int) -> None:
    assert bits_for(size) == bits


@given(MASKS)
def test_a_mask_is_its_runs(mask: int) -> None:
    found = runs(mask)

    assert sum(ones << start for _, start, ones in found) == mask
    assert [below for below, _, _ in found] == [(mask & ((1 << start) - 1)).bit_count() for _, start, _ in found]
    assert all(not mask >> (start + ones.bit_length()) & 1 for _, start, ones in found)


@given(MASKS, st.lists(st.integers(0, (1 << 63) - 1), max_size=5))
@settings(max_examples=200)
def test_numbers_are_spread_over_a_mask_and_gathered_again(mask: int, numbers: list[int]) -> None:
    room = (1 << mask.bit_count()) - 1
    fitting = np.array([number & room for number in numbers], np.uint64)

    words = spread(fitting, mask)

    assert all(word & ~mask == 0 for word in words.tolist())
    assert gather(words, mask).tolist() == fitting.tolist()
    assert gather(words | np.uint64(~mask & ((1 << 64) - 1)), mask).tolist() == fitting.tolist()
