"""Log probabilities are those of a distribution."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.scoring import scored
from pytest_mockopenai.core.seed import draw_for


@given(st.integers(), st.integers(0, 20))
def test_the_chosen_is_the_likeliest_and_all_stay_below_one(seed: int, others: int) -> None:
    found = scored("chosen", draw_for(seed), lambda _: [f"other {place}" for place in range(others)])
    logprobs = [logprob for _, logprob in found]
    assert found[0][0] == "chosen"
    assert len(found) == others + 1
    assert logprobs == sorted(logprobs, reverse=True)
    assert sum(map(math.exp, logprobs)) <= 1.000001


@given(st.integers())
def test_same_draw_same_scores(seed: int) -> None:
    first, second = (scored("a", draw_for(seed), lambda given: [str(given)]) for _ in range(2))
    assert first == second
