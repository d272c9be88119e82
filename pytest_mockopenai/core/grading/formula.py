"""The formula of a `multi` grader, `calculate_output`: arithmetic on the scores of its graders, and nothing else."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

_OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_POWERS = (ast.Pow, ast.BitXor)  # OpenAI's guide on graders writes ^
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "floor": math.floor,
    "ceil": math.ceil,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "log": math.log,
}
"""The functions that OpenAI's guide on graders names."""


def value(formula: str, scores: Mapping[str, float]) -> float:
    """What a formula comes to with these scores; raises ValueError for one that is no arithmetic on them."""
    try:
        found = float(_value(ast.parse(formula.strip(), mode="eval").body, scores))
    except (SyntaxError, TypeError, ArithmeticError, RecursionError, MemoryError) as error:
        raise ValueError(f"the formula '{formula:.100}' cannot be calculated: {error}") from None
    if not math.isfinite(found):
        raise ValueError(f"the formula '{formula:.100}' comes to no finite number")
    return found


def _value(node: ast.expr, scores: Mapping[str, float]) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return float(node.value)
    if isinstance(node, ast.Name) and node.id in scores:
        return scores[node.id]
    if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
        return float(_OPERATORS[type(node.op)](_value(node.operand, scores)))
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, scores), _value(node.right, scores)
        if isinstance(node.op, _POWERS):
            return math.pow(left, right)
        if type(node.op) in _OPERATORS:
            return float(_OPERATORS[type(node.op)](left, right))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        return float(_FUNCTIONS[node.func.id](*[_value(each, scores) for each in node.args]))
    raise ValueError(f"the formula holds what is neither a number, a grader nor an operator: {ast.unparse(node):.60}")
