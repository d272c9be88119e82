"""What a server records and replays: the deck that its options describe."""

from __future__ import annotations

from pytest_mockopenai.core import fields
from pytest_mockopenai.recordings import BadRecording, CassetteDeck, files
from pytest_mockopenai.recordings.cassette import Cassette
from pytest_mockopenai.recordings.folder import Folder
from pytest_mockopenai.recordings.interaction import Interaction
from pytest_mockopenai.recordings.matching import Matcher
from pytest_mockopenai.recordings.upstream import Upstream
from pytest_mockopenai.settings import OPENAI
from pytest_mockopenai.standalone.config import BadOption, Config


def deck_of(config: Config) -> CassetteDeck | None:
    """The deck; None if nothing is recorded or replayed. Raises BadOption for what cannot be read.

    A server that only replays does so for ever: the last recording of a request answers it again and again.
    """
    place = config.record or config.replay
    if place is None:
        return None
    mode = "none" if config.record is None else config.record_mode
    folder = Folder(place, anew=mode == "all")
    cassette = Cassette(
        mode,
        _read(folder, must_be_there=config.record is None),
        matcher=Matcher(tuple(map(fields.parse, config.record_ignore))),
        repeats=mode == "none",
        kept=folder.keep,
    )
    upstream = None
    if cassette.records:
        keys = dict.fromkeys(("authorization", "api-key"), config.upstream_key) if config.upstream_key else {}
        upstream = Upstream(config.upstream or OPENAI, keys=keys, placeholder=None)
    return CassetteDeck(cassette, upstream, where=place, rhythm=config.record_rhythm)


def _read(folder: Folder, *, must_be_there: bool) -> list[Interaction]:
    """What is recorded in a folder, or in a single file."""
    try:
        if must_be_there and not folder.path.exists():
            raise BadOption(f"--replay: there is no {folder.path}")
        return files.read(folder.path) if folder.path.is_file() else folder.read()
    except BadRecording as error:
        raise BadOption(str(error)) from None
