import base64
import json
import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.site.chunks import packed_chunk, plain_chunk, round_value, safe_json
from tests.site.site_world import ATTACKS

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def unpack(data: bytes):
    found = re.fullmatch(
        r'showcaseSite\.unpack\("([a-z/0-9]+)","([A-Za-z0-9+/=]*)"\);\n', data.decode()
    )
    assert found
    return found[1], json.loads(zlib.decompress(base64.b64decode(found[2]), -zlib.MAX_WBITS))


@pytest.mark.parametrize("attack", [*ATTACKS, "\ud800 alone", "é 漢 🍜"])
def test_what_could_end_a_script_or_a_line_is_escaped(attack):
    text = safe_json({attack: [attack]})
    assert text.isascii()
    assert not set(text) & set("<>&\u2028\u2029\u202e")
    assert json.loads(text) == {attack: [attack]}


@given(json_values)
def test_json_comes_back_as_it_was(value):
    assert json.loads(safe_json(value)) == value
    assert unpack(packed_chunk("a/0", value)) == ("a/0", value)


def test_a_plain_chunk_is_one_call():
    assert plain_chunk("site", {"a": "<b>"}) == (
        b'showcaseSite.receive("site",{"a":"\\u003cb\\u003e"});\n'
    )


def test_numbers_that_json_cannot_hold_are_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        safe_json([float("nan")])


@pytest.mark.parametrize(
    ("value", "short"),
    [(None, None), (0.0, 0), (-0.0, 0), (1 / 3, 0.33333), (123456.7, 123460), (2.0, 2)],
)
def test_numbers_keep_five_digits(value, short):
    assert round_value(value) == short
    assert json.dumps(round_value(value)) != "-0"


def test_texts_that_repeat_pack_well():
    texts = [f"The {dish} was great, and I would come back for it." for dish in range(500)]
    assert len(packed_chunk("a", texts)) < len(plain_chunk("a", texts)) / 8
