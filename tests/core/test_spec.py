import pytest
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.errors import UsageError
from showcase_bench.spec import Spec, format_value, parse_spec, parse_value, split_list

NAMES = st.from_regex(r"[a-z][a-z0-9._:/-]{0,12}", fullmatch=True)
KEYS = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12).filter(lambda text: not ("'" in text and '"' in text)),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dpp", Spec("dpp")),
        (" precision@3 ", Spec("precision", 3)),
        (
            "dpp(theta=0.9, encoder=color-layout)",
            Spec("dpp", None, {"theta": 0.9, "encoder": "color-layout"}),
        ),
        (
            "x(a=true,b=none,c='1',d=\"a,b)\")",
            Spec("x", None, {"a": True, "b": None, "c": "1", "d": "a,b)"}),
        ),
        ("open_clip:ViT-B-32/openai()", Spec("open_clip:ViT-B-32/openai")),
    ],
)
def test_specs_are_read(text, expected):
    assert parse_spec(text) == expected


@pytest.mark.parametrize(
    "text", ["", "()", "a(b)", "a(b=1", "a)b(", "a(b=1,b=2)", "a@x", "a(1=2)", "a b"]
)
def test_nonsense_is_refused(text):
    with pytest.raises(UsageError):
        parse_spec(text)


@given(NAMES, st.none() | st.integers(0, 99), st.dictionaries(KEYS, VALUES, max_size=4))
def test_a_spec_reads_back(name, cutoff, arguments):
    spec = Spec(name, cutoff, arguments)
    assert parse_spec(str(spec)) == spec


@given(VALUES)
def test_a_value_reads_back_with_its_type(value):
    back = parse_value(format_value(value))
    assert back == value
    assert type(back) is type(value)


def test_lists_split_outside_of_parentheses_and_quotes():
    assert split_list("a, b(x=1,y=2) ,, c(z='u,v')") == ["a", "b(x=1,y=2)", "c(z='u,v')"]


def test_a_value_with_both_quotes_is_refused():
    with pytest.raises(UsageError, match="quotes"):
        format_value("'\"")
