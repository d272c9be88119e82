"""Pictures that are real files of a given size, small and quick to make, without an image library."""

from __future__ import annotations

from pytest_mockopenai.core.picture.formats import FORMATS, content_type, encoded
from pytest_mockopenai.core.picture.gif import encode as animated
from pytest_mockopenai.core.picture.mosaic import Picture, drawn
from pytest_mockopenai.core.picture.mp4 import encode as video
from pytest_mockopenai.core.picture.sheet import encode as sheet
from pytest_mockopenai.core.picture.sizes import size_of

__all__ = ["FORMATS", "Picture", "animated", "content_type", "drawn", "encoded", "sheet", "size_of", "video"]
