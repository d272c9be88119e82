"""A judgement of how a client behaved when calls failed: a function of the recorded calls, without a clock."""

from __future__ import annotations

from pytest_mockopenai.verdict.judging import Verdict, judge
from pytest_mockopenai.verdict.rules import KINDS, Finding
from pytest_mockopenai.verdict.standard import Standard, Terms

__all__ = ["KINDS", "Finding", "Standard", "Terms", "Verdict", "judge"]
