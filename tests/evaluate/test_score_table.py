"""Score tables: the same bytes in memory and on disk, in groups of rows where they are long."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.errors import StoreError
from showcase_bench.evaluate.runs import score_table
from showcase_bench.evaluate.runs.score_table import ScoreTable
from showcase_bench.evaluate.score.statistics_files import StatisticsFiles
from showcase_bench.evaluate.task.column import Column


def table(n, *, lazily=False):
    rng = np.random.default_rng(n)
    names = [f"é{number}" for number in range(n)]
    texts = Column(n, names.__getitem__) if lazily else tuple(names)
    rows = {"one|v:1": rng.random((n, 1)), "many|v:1": rng.random((n, 5)) - 0.5}
    rows["many|v:1"][: n // 3, 2] = np.nan
    facts = {"history": rng.integers(0, 9, n).astype(float)}
    return ScoreTable(texts, texts, texts, rows, facts)


def content(path, one):
    one.write_parquet(path)
    return path.read_bytes()


@settings(max_examples=25, deadline=None)
@given(n=st.integers(0, 20), rows=st.integers(1, 9))
def test_groups_of_rows_read_back_as_one_table(tmp_path_factory, n, rows):
    path = tmp_path_factory.mktemp("table") / "scores.parquet"
    one = table(n)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score_table, "_GROUP_ROWS", rows)
        data = one.to_parquet()
        assert content(path, table(n, lazily=True)) == data
    assert pq.ParquetFile(path).num_row_groups == max(1, -(-n // rows))
    back = ScoreTable.from_parquet(data)
    assert (back.ids, back.users) == (one.ids, one.users)
    for found, expected in ((back.statistics, one.statistics), (back.facts, one.facts)):
        assert list(found) == list(expected)
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name], values)


def test_a_table_of_one_group_is_what_arrow_writes_at_once():
    """So were runs stored before there were groups: their hashes stay."""
    one, columns = table(50), {}
    for name in ("id", "user_id", "business_id"):
        columns[name] = pa.array(one.ids, pa.string())
    columns["fact:history"] = pa.array(one.facts["history"])
    for name, rows in one.statistics.items():
        flat = pa.array(rows.reshape(-1))
        columns[name] = pa.FixedSizeListArray.from_arrays(flat, rows.shape[1])
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink, compression="zstd", version="2.6")
    assert one.to_parquet() == sink.getvalue().to_pybytes()


def test_statistics_in_files_give_the_same_table(tmp_path):
    one = table(50)
    files = StatisticsFiles(list(one.statistics), tmp_path)
    for start in (0, 20):
        for name, rows in one.statistics.items():
            files.append(name, rows[start : start + 20 if start == 0 else None])
    assert all(files[name].tobytes() == rows.tobytes() for name, rows in one.statistics.items())
    mapped = ScoreTable(one.ids, one.users, one.businesses, files, one.facts)
    assert mapped.to_parquet() == one.to_parquet()
    # What a reader changes stays its own.
    files["many|v:1"][:] = 0
    assert mapped.to_parquet() == one.to_parquet()


def test_a_table_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"scores\.parquet: cannot be written"):
        table(3).write_parquet(tmp_path / "nowhere" / "scores.parquet")
