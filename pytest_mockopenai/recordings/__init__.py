"""Recordings of real calls: written by one run, replayed by all later ones, without a network."""

from pytest_mockopenai.recordings.deck import CassetteDeck
from pytest_mockopenai.recordings.recording import recording
from pytest_mockopenai.taping import BadRecording

__all__ = ["BadRecording", "CassetteDeck", "recording"]
