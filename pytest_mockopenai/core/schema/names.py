"""Plausible values by the name of a property, so that made-up data reads well: a city for "city".

A table, not a model of language: the last word of a name decides, then the one before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

KEYS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta")
"""Names for properties that a schema allows without naming them."""

_SENTENCES = (
    "A short and clear example.",
    "It works as described.",
    "The main points are covered here.",
    "Everything looks good so far.",
)
_PEOPLE = ("Ada Lovelace", "Grace Hopper", "Alan Turing", "Katherine Johnson", "Edsger Dijkstra")
_SURNAMES = ("Lovelace", "Hopper", "Turing", "Johnson", "Dijkstra")
_FIRST_NAMES = ("Ada", "Grace", "Alan", "Katherine", "Edsger")
_CITIES = ("Paris", "Tokyo", "Nairobi", "Lima", "Oslo", "Boston")
_STREETS = ("12 Harbour Street", "5 Mill Lane", "48 Station Road")
_PHONES = ("+1-202-555-0123", "+1-202-555-0147", "+1-202-555-0186")
_TOPICS = ("travel", "science", "music", "cooking", "history")
_URLS = ("https://example.com/", "https://example.com/docs", "https://example.org/news")
_IDS = ("a1f4", "b7c2", "c9d0", "d3e8", "e5f6")
_DATES = ("2025-03-14", "2025-06-01", "2025-09-23")

_TEXTS: dict[str, tuple[str, ...]] = {
    "answer": ("Paris is the capital of France.", "Water boils at 100 degrees Celsius.", "Yes, it is."),
    "address": _STREETS,
    "author": _PEOPLE,
    "body": _SENTENCES,
    "brand": ("Northwind", "Contoso", "Fabrikam"),
    "category": _TOPICS,
    "city": _CITIES,
    "code": ("A1", "B2", "C3"),
    "color": ("blue", "green", "red", "orange"),
    "colour": ("blue", "green", "red", "orange"),
    "comment": _SENTENCES,
    "company": ("Northwind", "Contoso", "Fabrikam"),
    "condition": ("sunny", "cloudy", "light rain"),
    "content": _SENTENCES,
    "country": ("France", "Japan", "Kenya", "Peru", "Norway"),
    "currency": ("EUR", "USD", "JPY"),
    "date": _DATES,
    "day": ("Monday", "Wednesday", "Friday"),
    "description": _SENTENCES,
    "destination": _CITIES,
    "email": ("ada@example.com", "grace@example.com", "alan@example.org"),
    "explanation": ("It follows from the steps above.", "Both sides are reduced by the same amount."),
    "file": ("report.txt", "notes.md", "data.csv"),
    "filename": ("report.txt", "notes.md", "data.csv"),
    "first": _FIRST_NAMES,
    "forename": _FIRST_NAMES,
    "forecast": ("sunny", "cloudy", "light rain"),
    "gender": ("female", "male"),
    "genre": ("drama", "comedy", "documentary"),
    "id": _IDS,
    "image": ("https://example.com/image.png",),
    "ingredient": ("flour", "olive oil", "tomato", "basil"),
    "item": ("apple", "notebook", "lamp", "bicycle"),
    "keyword": _TOPICS,
    "label": _TOPICS,
    "language": ("English", "French", "Japanese"),
    "last": _SURNAMES,
    "link": _URLS,
    "location": _CITIES,
    "message": ("Hello, how can I help?", "Thank you for your message."),
    "model": ("gpt-4o", "gpt-4o-mini"),
    "mood": ("cheerful", "calm", "curious"),
    "name": _PEOPLE,
    "note": _SENTENCES,
    "origin": _CITIES,
    "output": ("x = 4", "2x = 8", "done"),
    "participant": _FIRST_NAMES,
    "path": ("reports/summary.txt", "docs/index.md"),
    "phone": _PHONES,
    "postcode": ("75001", "10115", "02108"),
    "priority": ("high", "normal", "low"),
    "product": ("notebook", "lamp", "bicycle"),
    "query": ("weather in Paris", "best pasta recipe", "python dataclass"),
    "question": ("What is the capital of France?", "How does it work?"),
    "reason": ("It fits the description best.", "It was asked for."),
    "reasoning": ("It follows from the steps above.", "The facts point the same way."),
    "recipient": _FIRST_NAMES,
    "result": ("done", "found", "ready"),
    "role": ("editor", "engineer", "analyst"),
    "sentiment": ("positive", "neutral", "negative"),
    "state": ("ready", "open", "done"),
    "status": ("ready", "open", "done"),
    "step": ("Read the task.", "Collect the facts.", "Write the answer."),
    "street": _STREETS,
    "subject": ("Your order", "Meeting notes", "Weekly report"),
    "summary": _SENTENCES,
    "surname": _SURNAMES,
    "symbol": ("ACME", "NWND", "CTSO"),
    "tag": _TOPICS,
    "telephone": _PHONES,
    "text": _SENTENCES,
    "thought": ("The question asks for one fact.", "Checking the steps once more."),
    "time": ("09:30", "14:00", "18:45"),
    "timezone": ("Europe/Paris", "Asia/Tokyo", "UTC"),
    "title": ("A Short Story", "The Quiet Harbour", "Notes on Science"),
    "topic": _TOPICS,
    "type": ("basic", "standard", "special"),
    "unit": ("celsius", "metre", "kilogram"),
    "uri": _URLS,
    "url": _URLS,
    "user": ("ada", "grace", "alan"),
    "username": ("ada", "grace", "alan"),
    "value": ("first", "second", "third"),
    "version": ("1.0.0", "1.2.3", "2.0.1"),
    "weather": ("sunny", "cloudy", "light rain"),
    "website": _URLS,
    "word": ("river", "mountain", "garden"),
    "zip": ("75001", "10115", "02108"),
}
_ANY_TEXT = ("example", "sample", "something", "a short text")

_NUMBERS: dict[str, tuple[int, int, int]] = {
    "age": (18, 80, 0),
    "amount": (1, 500, 2),
    "confidence": (0, 1, 2),
    "count": (1, 20, 0),
    "day": (1, 28, 0),
    "height": (150, 195, 1),
    "hour": (0, 23, 0),
    "humidity": (30, 90, 0),
    "latitude": (-60, 70, 4),
    "lat": (-60, 70, 4),
    "longitude": (-180, 180, 4),
    "lng": (-180, 180, 4),
    "lon": (-180, 180, 4),
    "minute": (0, 59, 0),
    "month": (1, 12, 0),
    "percent": (0, 100, 1),
    "percentage": (0, 100, 1),
    "population": (10_000, 9_000_000, 0),
    "price": (1, 500, 2),
    "probability": (0, 1, 2),
    "quantity": (1, 10, 0),
    "rating": (1, 5, 1),
    "score": (0, 1, 2),
    "temperature": (-5, 35, 1),
    "total": (1, 500, 2),
    "weight": (1, 100, 1),
    "year": (1990, 2025, 0),
}
_ANY_NUMBER = (1, 100, 2)


def texts(name: str) -> tuple[str, ...]:
    """What a text property of this name could say."""
    return next((_TEXTS[word] for word in _words(name) if word in _TEXTS), _ANY_TEXT)


def window(name: str, whole: bool) -> tuple[int, int, int]:
    """From what, up to what, and with how many decimals a number of this name is."""
    found = next((_NUMBERS[word] for word in _words(name) if word in _NUMBERS), _ANY_NUMBER)
    return _ANY_NUMBER if whole and found[1] - found[0] < 2 else found


def _words(name: str) -> Iterator[str]:
    """The words of `userEmails` or `user_emails`, last first, in singular too."""
    for word in reversed(_WORDS.findall(name[:200])):
        yield word.lower()
        yield _singular(word.lower())


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") else word
