"""Pages are one list or an error: repeated, missing, shifted, endless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import ConnectorError, RetryError, WindowFullError
from connectors.pages import MOST_EMPTY, Pages, ShiftedError


def test_a_list_of_pages() -> None:
    pages = Pages(100)
    pages.page(["a", "b"], 3)
    pages.page(["c"], 3)
    pages.end()
    assert pages.read == 3


def test_an_empty_list() -> None:
    pages = Pages(100)
    pages.page([], 0)
    pages.end()


def test_a_total_at_the_cap_may_be_cut_off_and_counts_as_full() -> None:
    Pages(100).page(["a"], 99)
    with pytest.raises(WindowFullError, match="100 listings match"):
        Pages(100).page(["a"], 100)


def test_more_than_the_cap_without_a_total_is_full_too() -> None:
    pages = Pages(4)
    pages.page(["a", "b"], None)
    with pytest.raises(WindowFullError, match="more than 4"):
        pages.page(["c", "d"], None)


def test_another_total_means_that_the_list_shifted() -> None:
    pages = Pages(100)
    pages.page(["a", "b"], 5)
    with pytest.raises(ShiftedError, match="had 5 listings and now has 4"):
        pages.page(["d", "e"], 4)


def test_fewer_than_the_total_means_that_one_was_passed_over() -> None:
    pages = Pages(100)
    pages.page(["a", "b"], 3)
    with pytest.raises(ShiftedError, match="3 listings, but only 2 came"):
        pages.end()


def test_a_page_of_old_records_ends_the_walk() -> None:
    pages = Pages(100)
    pages.page(["a", "b"], None)
    with pytest.raises(RetryError, match="only what earlier pages had"):
        pages.page(["b"], None)


def test_a_cursor_that_leads_back_ends_the_walk() -> None:
    pages = Pages(100)
    assert pages.cursor("1") == "1"
    assert pages.cursor("2") == "2"
    with pytest.raises(RetryError, match="leads back"):
        pages.cursor("1")


def test_a_few_empty_pages_are_followed() -> None:
    pages = Pages(100)
    for number in range(MOST_EMPTY):
        pages.page([], None)
        pages.cursor(str(number))
    pages.page([], None)
    with pytest.raises(RetryError, match="do not end"):
        pages.cursor("more")


@given(
    st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=4), min_size=1, max_size=40),
    st.integers(0, 9) | st.none(),
)
def test_whatever_comes_the_walk_ends_soon_and_never_short(given: list[list[str]], total: int | None) -> None:
    pages = Pages(8)
    asked, seen = 0, set()
    try:
        for number, ids in enumerate(given):
            asked += 1
            pages.page(ids, total)
            seen |= set(ids)
            pages.cursor(str(number))
        pages.end()
    except ConnectorError:
        assert asked <= 8 * (MOST_EMPTY + 2)
    else:
        assert total is None or len(seen) >= total
