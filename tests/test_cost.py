from __future__ import annotations

import importlib.util
import math

import pytest

from pytest_mockopenai import Calls, MockOpenAI, Usage, budgets, cost
from pytest_mockopenai.cost import Cost, NoPrice, Price, Prices
from pytest_mockopenai.explain import dollars
from pytest_mockopenai.settings import Budget

needs_list = pytest.mark.skipif(importlib.util.find_spec("genai_prices") is None, reason="needs the extra [cost]")
CHAT = [{"role": "user", "content": "Hi"}]


@pytest.fixture
def no_list(monkeypatch):
    """As if the extra were not installed."""
    monkeypatch.setattr(cost, "list_version", lambda: None)


def test_a_price_is_per_million_tokens_and_cached_tokens_have_their_own():
    assert Price(2.5, 10).of(Usage(1_000_000, 100_000)) == pytest.approx(3.5)
    assert Price(2.5, 10).of(Usage(1_000_000, 0, cached_tokens=400_000)) == pytest.approx(2.5)
    assert Price(2.5, 10, cached=1.25).of(Usage(1_000_000, 0, cached_tokens=400_000)) == pytest.approx(2.0)


@needs_list
def test_a_list_price_knows_cached_tokens(a_call):
    call = a_call(usage=Usage(1000, 10, cached_tokens=100))
    assert Prices().of_call(call) == pytest.approx((900 * 2.5 + 100 * 1.25 + 10 * 10) / 1e6)


@needs_list
def test_counts_that_cannot_be_have_a_cost_all_the_same(a_call):
    odd = a_call(usage=Usage(5, 1, cached_tokens=10, audio_tokens=3))
    assert Prices().of_call(odd) == pytest.approx((5 * 1.25 + 10) / 1e6)
    assert Price(2.5, 10, cached=1.25).of(odd.usage) == Prices().of_call(odd)


@needs_list
def test_the_users_own_price_wins_over_the_list(a_call):
    prices = Prices()
    prices.set("gpt-4o", input=1_000_000)
    assert prices.of_call(a_call(tokens=(3, 5))) == 3
    assert prices.of_call(a_call(model="gpt-4o-mini", tokens=(1_000_000, 0))) == pytest.approx(0.15)


def test_a_model_without_a_price_is_named_and_not_counted(a_call, no_list):
    prices = Prices()
    prices.set("mine", input=1)
    calls = [a_call(model="mine", tokens=(1_000_000, 0)), a_call(model="x"), a_call(model="x")]
    assert prices.of_call(calls[1]) is None
    assert prices.of_calls(calls) == Cost(1.0, ("x",), "your own prices")
    assert prices.unpriced(calls) == ["x"]


def test_what_openai_does_not_bill_costs_nothing(a_call):
    free = [a_call(status=429, tokens=None), a_call(endpoint="moderations", tokens=None)]
    assert [Prices().of_call(call) for call in free] == [0.0, 0.0]


def test_what_it_bills_in_other_ways_has_no_price(a_call):
    assert Prices().of_call(a_call(tokens=None)) is None


def test_without_any_prices_the_cost_is_not_known(a_call, no_list):
    assert Prices().of_calls([a_call()]) is None
    assert MockOpenAI().cost is None
    assert MockOpenAI().cost_details is None


@pytest.mark.parametrize(
    "price", [{"input": -1}, {"input": True}, {"input": 1, "output": "2"}, {"input": 1, "cached": math.nan}]
)
def test_a_wrong_price_is_an_error(price):
    with pytest.raises(ValueError, match="is a price in US dollars per million tokens"):
        MockOpenAI().set_price("x", **price)


@needs_list
def test_the_source_says_whose_prices_these_are():
    prices = Prices()
    assert prices.source == f"genai-prices {cost.list_version()}, list prices"
    prices.set("x", input=1)
    assert prices.source.endswith(", and your own prices")


def test_a_mock_knows_its_cost():
    with MockOpenAI("Paris") as mock:
        mock.set_price("mine", input=1_000_000, output=10_000_000)
        reply = mock.client.chat.completions.create(model="mine", messages=CHAT)
        assert mock.cost == reply.usage.prompt_tokens + 10 * reply.usage.completion_tokens
        assert mock.cost_details.unpriced == ()


def test_a_cost_that_would_be_too_low_is_not_given():
    with MockOpenAI() as mock:
        mock.set_price("mine", input=1)
        mock.client.chat.completions.create(model="no-such-model", messages=CHAT)
        with pytest.raises(NoPrice, match=r"no price for 'no-such-model'.\n(.*\n)*.*set_price\('no-such-model'"):
            assert mock.cost
        assert mock.cost_details.unpriced == ("no-such-model",)


# --- budgets ----------------------------------------------------------------------------------------------------------


def exceeded(calls, *, price: float | None = None, **limits) -> list[str]:
    prices = Prices()
    if price is not None:
        prices.set("gpt-4o", input=price, output=price)
    return budgets.exceeded(Budget(**limits), Calls(calls), prices)


def test_a_limit_is_exceeded_by_the_call_that_passes_it(a_call):
    calls = [a_call(index, tokens=(8, 2)) for index in range(3)]
    for limits in ({"max_calls": 2}, {"max_total_tokens": 20}, {"max_cost": 20.0}):
        (text,) = exceeded(calls, price=1_000_000, **limits)
        assert "Call 2 went over it." in text
        assert not exceeded(calls[:2], price=1_000_000, **limits)


def test_a_limit_says_by_how_much_in_its_own_unit(a_call):
    calls = [a_call(tokens=(1_500_000, 0))]
    (text,) = exceeded(calls, max_total_tokens=1_000_000)
    assert text.startswith("max_total_tokens=1000000 is exceeded by 500,000: the test used 1,500,000.")
    (text,) = exceeded(calls, price=0.01, max_cost=0.01)
    assert text.startswith("max_cost=0.01 is exceeded by $0.0050: the test used $0.015. Call 0 went over it.")


def test_all_limits_are_checked(a_call):
    assert len(exceeded([a_call(), a_call()], max_calls=1, max_total_tokens=10)) == 2
    assert not exceeded([a_call()])
    assert not exceeded([], max_calls=0, max_total_tokens=0, max_cost=0)


def test_a_limit_on_an_unknown_cost_fails_and_says_how_to_know_it(a_call, no_list):
    (text,) = exceeded([a_call()], max_cost=1)
    assert text.splitlines() == [
        "max_cost=1 cannot be told: no price for 'gpt-4o'.",
        "Seen:",
        "  prices: none, the extra [cost] is not installed",
        "How to fix:",
        "  * install the list prices: pip install 'pytest-mockopenai[cost]'",
        "  * give a price, in US dollars per million tokens: mock_openai.set_price('gpt-4o', input=..., output=...)",
    ]


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "$0.00"), (1234.5, "$1,234.50"), (0.5, "$0.50"), (0.0063, "$0.0063"), (0.0000125, "$0.000013")],
)
def test_dollars_have_two_digits_that_count(amount, text):
    assert dollars(amount) == text
