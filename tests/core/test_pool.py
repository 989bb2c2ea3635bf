"""Work shared out to processes, and left off in the middle."""

import multiprocessing
import time

import pytest

from showcase_bench.pool import map_in_processes

LONG = [0.0, *[3600.0] * 10]


def test_results_come_in_order_and_no_process_stays():
    assert list(map_in_processes(divmod_seven, range(20), 2)) == [divmod(n, 7) for n in range(20)]
    assert multiprocessing.active_children() == []


def divmod_seven(number):
    return divmod(number, 7)


@pytest.mark.parametrize("how", ["closed", "interrupted"])
def test_who_is_at_work_ends_when_nobody_wants_the_result(how):
    def items():
        yield from LONG[:5]
        raise KeyboardInterrupt

    if how == "closed":
        results = map_in_processes(time.sleep, LONG, 2)
        assert next(results) is None
        results.close()
    else:
        with pytest.raises(KeyboardInterrupt):
            next(map_in_processes(time.sleep, items(), 3))
    assert multiprocessing.active_children() == []
