"""JMESPath expressions from a file: checked when it is read, bounded in what they may cost, errors that name them.

Source: the JMESPath specification (jmespath.org/specification.html). Its only loops are over what a value holds,
so an expression costs a multiple of the value's size: how large a multiple is bounded here.
"""

from collections.abc import Iterator
from typing import Any

import jmespath
from jmespath import exceptions, functions

MAX_CHARACTERS = 500
MAX_NODES = 100
MAX_COPIES = 16
"""How many times over an expression may hold a value: `[@, @]` twice, and flattened in a chain that doubles it
each time, a few dozen characters would fill the memory."""
_COPYING = frozenset({"multi_select_list", "multi_select_dict"})
_FUNCTIONS: dict[str, Any] = functions.Functions.FUNCTION_TABLE
_WHILE_EVALUATED = (
    exceptions.JMESPathError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError,
)  # fmt: skip
"""jmespath 1.1.0 lets through what Python says where a function meets a value that its signature admits."""


class ExpressionError(ValueError):
    """An expression is wrong, costs too much, or cannot be applied to a value. The message begins with its key."""


class Expression:
    """One expression. `key`: where it stands in the file, such as `fields.title`.

    Raises:
        ExpressionError: it is no JMESPath, names a function that there is none of, or may cost too much.
    """

    def __init__(self, key: str, text: str) -> None:
        self.key = key
        self.text = text
        if len(text) > MAX_CHARACTERS:
            raise ExpressionError(f"{key}: longer than {MAX_CHARACTERS} characters")
        try:
            self._compiled = jmespath.compile(text)
        except exceptions.JMESPathError as error:
            raise ExpressionError(f"{key}: {text!r} is no JMESPath: {_one_line(error)}") from None
        except RecursionError:
            raise ExpressionError(f"{key}: nested too deeply") from None
        self._check()

    def of(self, value: Any) -> Any:
        """What the expression finds; None where there is nothing.

        Raises:
            ExpressionError: a function does not take what it finds.
        """
        try:
            return self._compiled.search(value)
        except _WHILE_EVALUATED as error:
            raise ExpressionError(f"{self.key} ({self.text}): {_one_line(error)}") from None

    def _check(self) -> None:
        nodes, copies = 0, 1
        for node in _nodes(self._compiled.parsed):
            nodes += 1
            if node["type"] in _COPYING:
                copies *= max(1, len(node["children"]))
            if node["type"] == "function_expression":
                self._check_call(node["value"], len(node["children"]))
        if nodes > MAX_NODES or copies > MAX_COPIES:
            raise ExpressionError(f"{self.key}: {self.text!r} may cost too much; take it apart")

    def _check_call(self, name: str, given: int) -> None:
        if name not in _FUNCTIONS:
            raise ExpressionError(f"{self.key}: {self.text!r}: there is no function {name}()")
        signature = _FUNCTIONS[name]["signature"]
        needed = len(signature)
        is_open = bool(signature and signature[-1].get("variadic"))
        if given < needed or (given > needed and not is_open):
            least = "at least " if is_open else ""
            raise ExpressionError(
                f"{self.key}: {self.text!r}: {name}() takes {least}{needed} arguments, not {given}"
            )


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """The nodes of a parsed expression, whatever its depth."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += node.get("children", ())


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
