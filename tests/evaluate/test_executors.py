"""Jobs done in other processes: order, errors, and processes that are lost."""

import copy
import functools
import multiprocessing
import os
import signal
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.errors import DataError, ExecutorError
from showcase_bench.evaluate.executors import LocalExecutor, in_order
from showcase_bench.evaluate.executors.mapped import dump_mapped, load_mapped


def square(number):
    return number**2


def fail_of_data():
    raise DataError("file.json", "row 3: no id")


def fail_of_ours():
    raise KeyError("oops")


def die_until(path, times):
    """End this process the first few times."""
    with path.open("a") as file:
        file.write("x")
    if path.stat().st_size <= times:
        os.kill(os.getpid(), signal.SIGKILL)
    return path.stat().st_size


def total(shared, factor):
    return float(shared.get()["rows"].sum()) * factor


@pytest.fixture(scope="module")
def executor():
    with LocalExecutor(2) as made:
        yield made


def test_results_come_in_the_order_of_the_jobs(executor):
    jobs = (functools.partial(square, number) for number in range(23))
    assert list(in_order(executor, jobs)) == [number**2 for number in range(23)]
    assert list(in_order(executor, [])) == []


def test_jobs_are_given_away_as_results_are_taken(executor):
    given_away = []

    def jobs():
        for number in range(40):
            given_away.append(number)
            yield functools.partial(square, number)

    results = in_order(executor, jobs())
    assert next(results) == 0
    assert len(given_away) < 10
    assert sum(1 for _ in results) == 39


def test_an_error_of_the_user_comes_as_it_is(executor):
    with pytest.raises(DataError, match=r"file\.json: row 3: no id"):
        executor.submit(fail_of_data).result()


def test_another_error_comes_with_its_traceback(executor):
    with pytest.raises(RuntimeError, match=r"(?s)fail_of_ours.*KeyError: 'oops'"):
        executor.submit(fail_of_ours).result()


def test_a_job_whose_process_is_lost_is_done_by_another(executor, tmp_path):
    jobs = [
        functools.partial(square, 3),
        functools.partial(die_until, tmp_path / "twice", 2),
        functools.partial(square, 4),
    ]
    assert list(in_order(executor, jobs)) == [9, 3, 16]


def test_a_job_that_ends_every_process_is_given_up(executor, tmp_path):
    with pytest.raises(ExecutorError, match=r"3 processes.*status -9"):
        executor.submit(functools.partial(die_until, tmp_path / "always", 99)).result()
    assert executor.submit(functools.partial(square, 5)).result() == 25


def test_a_shared_value_is_mapped(executor):
    shared = executor.share({"rows": np.arange(1000.0), "name": "é"})
    jobs = [functools.partial(total, shared, factor) for factor in (1, 2)]
    assert list(in_order(executor, jobs)) == [499500.0, 999000.0]
    assert copy.deepcopy(shared).get()["name"] == "é"


def test_nothing_is_left_behind():
    before = {process.pid for process in multiprocessing.active_children()}
    with LocalExecutor(2) as made:
        made.submit(functools.partial(time.sleep, 60))
        assert made.submit(functools.partial(square, 2)).result() == 4
        folder = made.folder
    assert {process.pid for process in multiprocessing.active_children()} == before
    assert not folder.exists()


arrays = st.one_of(
    st.lists(st.integers(-5, 5), max_size=9).map(lambda one: np.array(one, dtype=np.int32)),
    st.lists(st.floats(allow_nan=False), max_size=9).map(lambda one: np.array(one)),
)
values = st.dictionaries(st.text(max_size=3), st.lists(arrays | st.text(), max_size=3), max_size=4)


@settings(max_examples=40)
@given(value=values)
def test_what_is_mapped_is_what_was_written(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("mapped") / "value"
    dump_mapped(value, path)
    found = load_mapped(path)
    assert found.keys() == value.keys()
    for name, items in value.items():
        for one, other in zip(items, found[name], strict=True):
            assert type(one) is type(other)
            assert np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other
