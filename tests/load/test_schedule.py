"""When listings are due: drawn beforehand, from the rate alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.load.schedule import MOST, Course, due_times


def test_constant_is_at_equal_distances() -> None:
    due = due_times(Course(rate=4.0, seconds=2.0, arrival="constant"), seed=1)
    assert due.tolist() == [0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75]


def test_poisson_has_the_rate_and_distances_of_chance() -> None:
    due = due_times(Course(rate=200.0, seconds=100.0), seed=3)
    gaps = np.diff(due)
    assert abs(due.size - 20_000) < 5 * 20_000**0.5
    # Of an exponential distribution the deviation is the mean.
    assert gaps.mean() == pytest.approx(1 / 200, rel=0.05)
    assert gaps.std() == pytest.approx(1 / 200, rel=0.05)
    assert due.tolist() == due_times(Course(rate=200.0, seconds=100.0), seed=3).tolist()
    assert due.tolist() != due_times(Course(rate=200.0, seconds=100.0), seed=4).tolist()


@given(
    st.floats(1, 300), st.floats(0.1, 20), st.floats(0, 20), st.floats(0, 1), st.sampled_from(["constant", "poisson"])
)  # fmt: skip
def test_ascending_and_within_its_length(
    rate: float, seconds: float, ramp: float, share: float, arrival: str
) -> None:
    course = Course(
        rate=rate, seconds=seconds, arrival=arrival, ramp_seconds=ramp, ramp_from=rate * share  # type: ignore[arg-type]
    )  # fmt: skip
    due = due_times(course, seed=5)
    assert (np.diff(due) >= 0).all()
    assert not due.size or (due[0] >= 0 and due[-1] <= course.length + 1e-6)
    if arrival == "constant":
        assert due.size == np.ceil(course.expected)


def test_a_ramp_rises_as_its_integral_says() -> None:
    course = Course(rate=100.0, seconds=10.0, arrival="constant", ramp_seconds=10.0, ramp_from=20.0)
    due = due_times(course, seed=1)
    assert course.trouble() is None
    # 20 t + 4 t^2: 200 by 5 s, 600 by 10 s, and then 100 a second.
    assert [int((due < at).sum()) for at in (5.0, 10.0, 15.0)] == [200, 600, 1100]


@pytest.mark.parametrize(
    "course",
    [
        Course(rate=0, seconds=1),
        Course(rate=1, seconds=0),
        Course(rate=float("nan"), seconds=1),
        Course(rate=1, seconds=float("inf")),
        Course(rate=1, seconds=1, ramp_seconds=-1),
        Course(rate=1, seconds=1, ramp_from=2),
        Course(rate=MOST, seconds=2),
    ],
    ids=[f"wrong{number}" for number in range(7)],
)
def test_what_cannot_be_is_told(course: Course) -> None:
    assert course.trouble()
