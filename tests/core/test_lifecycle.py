"""Jobs by the clock: a status at each time."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.lifecycle import ended, since, status_at, timeline, turned

SHARES = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.1, 10)), min_size=1, max_size=4)
TIMES = st.floats(0, 1e6)


def test_each_status_has_its_share():
    line = timeline(100.0, 3.0, ("queued", 1), ("in_progress", 2), last="completed")
    assert line == [("queued", 100.0), ("in_progress", 101.0), ("completed", 103.0)]
    assert [status_at(line, at) for at in (99, 100, 101.5, 103)] == ["queued", "queued", "in_progress", "completed"]
    assert (since(line, "in_progress", 102.0), since(line, "completed", 102.0)) == (101, None)
    assert [ended(line, at) for at in (102.9, 103)] == [False, True]


def test_what_takes_no_time_is_done():
    line = timeline(100.0, 0.0, ("queued", 1), ("in_progress", 2), last="failed")
    assert status_at(line, 100.0) == "failed"


def test_a_job_is_turned():
    line = timeline(100.0, 3.0, ("in_progress", 1), last="completed")
    line = turned(line, 101.0, ("cancelling", 101.0), ("cancelled", 102.0))
    assert [status_at(line, at) for at in (100.5, 101, 103)] == ["in_progress", "cancelling", "cancelled"]


@given(begins=TIMES, seconds=st.floats(0, 1e4), shares=SHARES, first=TIMES, second=TIMES)
def test_a_job_never_goes_back(begins, seconds, shares, first, second):
    line = timeline(begins, seconds, *shares, last="done")
    assert [at for _, at in line] == sorted(at for _, at in line)
    assert status_at(line, begins + seconds) == "done"
    assert ended(line, first) <= ended(line, max(first, second))


@given(begins=TIMES, seconds=st.floats(0, 1e4), shares=SHARES, time=TIMES)
def test_a_store_may_keep_it_as_json(begins, seconds, shares, time):
    line = timeline(begins, seconds, *shares, last="done")
    kept = json.loads(json.dumps(line))
    assert status_at(kept, time) == status_at(line, time)
    assert turned(kept, time, ("x", time)) == turned(line, time, ("x", time))
