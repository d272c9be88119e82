"""Why a file cannot be searched."""

from __future__ import annotations


class Unreadable(Exception):
    """A file that a vector store cannot process: `code` and `message` of its `last_error`.

    Codes as in openai/types/vector_stores/vector_store_file.py; wordings as recorded (openai-openapi#300,
    openai-node#1496).
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def unparsed() -> Unreadable:
    """The file is not what its name says, or is of a kind that the mock does not read."""
    return Unreadable("invalid_file", "The file could not be parsed.")
