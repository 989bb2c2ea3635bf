"""Cards from outside: every field is checked, and none can turn into markup or a formula."""

from dataclasses import replace

import pytest

from showcase_bench.models import MODELS
from showcase_bench.submission.card import TaskFacts, card_toml, template_card
from showcase_bench.submission.card_check import parse_card
from showcase_bench.submission.problems import Problems
from tests.submission.submission_world import CARD, TASK, check, line, told, write


def parse(text, expected=TASK):
    problems = Problems(1000)
    card = parse_card(text if isinstance(text, bytes) else text.encode(), expected, problems)
    assert (card is None) == (problems.total > 0)
    return card, "\n".join(map(str, problems.kept))


def changed(**fields):
    """The card as TOML with raw values for some fields; None leaves a field out."""
    lines = card_toml(CARD).splitlines()
    for field, value in fields.items():
        at = next(i for i, one in enumerate(lines) if one.startswith(f"{field} = "))
        lines[at] = "" if value is None else f"{field} = {value}"
    return "\n".join(lines)


def test_a_card_reads_back():
    cards = [
        CARD,
        replace(CARD, uses_gold=True, seed=2**63 - 1, authors=(), paper="", training_data=""),
        replace(CARD, name="a", authors=("Ünal Ø'Brien-Ćosić (Lab & Co.)", "李 雷"), seed=0),
        replace(CARD, training_data='GEST-s2; LAION_400M #1 * 50 % "quoted" ~ ^'),
        replace(CARD, code="http://x.org:8080/a/b?c=d&e=%20f#g"),
    ]
    for card in cards:
        assert parse(card_toml(card)) == (card, "")


def test_the_template_is_a_valid_card():
    card, problems = parse(template_card(TASK))
    assert problems == ""
    assert card.task == TASK
    assert not card.uses_gold


MARKUP = [
    "<script>alert(1)</script>",
    "a <img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![x](http://evil.example/x.png)",
    "`code`",
    "| a | b |",
    "\\\\input{/etc/passwd}",
    "$\\\\mathrm{x}$",
    "{{ 7*7 }}",
    "${HOME}",
    "=HYPERLINK(1)",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2",
    "@SUM(A1)",
    "  =1+1",
]


@pytest.mark.parametrize("text", MARKUP)
@pytest.mark.parametrize("field", ["name", "authors", "paper", "code", "training_data"])
def test_markup_and_formulas_are_refused_in_every_field(field, text):
    value = f'["{text}"]' if field == "authors" else f'"{text}"'
    card, problems = parse(changed(**{field: value}))
    assert card is None
    assert f"card, line {line_of(field)}, field {field!r}: " in problems
    assert len(problems) < 400


def line_of(field):
    lines = card_toml(CARD).splitlines()
    return next(i for i, one in enumerate(lines, 1) if one.startswith(f"{field} = "))


BAD_NAMES = [
    *("", " ", "a/b", "../../x", "..", ".hidden", "a\\\\b", "C:", "a:b", "a,b", "a(b=1)", "é"),
    *("x" * 65, "-rf", "a\\u0000", "a\\nb", "a\\u202eb", "a ", "name*", "~", "a;b", "a'b"),
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_could_be_paths_or_specs_are_refused(name):
    card, problems = parse(changed(name=f'"{name}"'))
    assert card is None
    assert "may hold only letters" in problems
    assert problems.isprintable()


def test_names_of_models_of_this_program_are_refused():
    for name in list(MODELS)[:5]:
        assert "choose another name" in parse(changed(name=f'"{name.upper()}"'))[1]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": None}, "field 'name': is missing: it must be a string"),
        ({"name": "7"}, "field 'name': is a number, and must be a string"),
        ({"uses_gold": None}, "field 'uses_gold': is missing: it must be true or false"),
        ({"uses_gold": '"no"'}, "field 'uses_gold': is a string, and must be true or false"),
        ({"uses_gold": "0"}, "field 'uses_gold': is a number, and must be true or false"),
        ({"seed": "-1"}, "field 'seed': must be from 0 to 2^63 - 1"),
        ({"seed": "9223372036854775808"}, "field 'seed': must be from 0"),
        ({"seed": "1.0"}, "field 'seed': is a number, and must be a whole number"),
        ({"seed": "nan"}, "field 'seed': is a number, and must be a whole number"),
        ({"seed": "true"}, "field 'seed': is true or false, and must be a whole number"),
        ({"seed": "1979-05-27"}, "field 'seed': is a date or time"),
        ({"authors": '"A"'}, "field 'authors': is a string, and must be a list"),
        ({"authors": "[1]"}, "field 'authors': is a number, and must be a string"),
        ({"authors": '["' + "x" * 101 + '"]'}, "101 characters, at most 100"),
        ({"authors": "[" + '"a",' * 201 + "]"}, "201 authors, at most 200"),
        ({"authors": '["a\\u0007"]'}, "a control character U+0007 at character 1"),
        ({"training_data": '"a\\nb"'}, "a control character U+000A at character 1"),
        ({"training_data": '"a\\u202eb"'}, "a control character U+202E at character 1"),
        ({"paper": '"ftp://x.org"'}, "is not an address; write one that starts with https://"),
        ({"paper": '"javascript:alert(1)"'}, "is not an address"),
        ({"paper": '"https://x.org/\\" onclick=\\"x"'}, "is not an address"),
        ({"paper": '"file:///etc/passwd"'}, "is not an address"),
        ({"code": '"/etc/passwd"'}, "is not an address"),
        ({"version": "3"}, "'task.version': the card is for 3, and this is 2; make the submission"),
        ({"version": '"2"'}, "field 'task.version': is a string, and must be a whole number"),
        ({"version": "true"}, "field 'task.version': is true or false, and must be a whole"),
        ({"version": "9" * 400}, "the card is for a number of many digits"),
        ({"split": '"val"'}, "field 'task.split': the card is for 'val', and this is 'test'"),
        ({"data_sha256": '"00"'}, "field 'task.data_sha256': the card is for '00'"),
        ({"data_sha256": None}, "field 'task.data_sha256': is missing"),
    ],
)
def test_each_wrong_field_is_told(fields, message):
    card, problems = parse(changed(**fields))
    assert card is None
    assert message in problems


def test_unknown_fields_and_syntax_errors_are_told():
    assert "field 'nmae': is unknown. Did you mean 'name'" in parse('nmae = "x"')[1]
    assert "field 'task': is missing" in parse('name = "x"')[1]
    assert "field 'task.x': is unknown" in parse(card_toml(CARD) + "x = 1\n")[1]
    for text in ("name = ", 'name = "a"\nname = "b"', "a" * 5000, "[" * 3000, b"\xff", "\x00"):
        assert "card" in parse(text)[1]
        assert parse(text)[1].isprintable()


def test_a_file_task_is_known_by_its_data_and_not_by_its_name():
    mine = replace(TASK, name="file-mine")
    text = card_toml(replace(CARD, task=TaskFacts("file-theirs", 2, "test", TASK.data_sha256)))
    assert parse(text, mine)[0] is not None
    assert "the card is for 'file-theirs'" in parse(text)[1]
    other = card_toml(replace(CARD, task=TaskFacts("file-theirs", 2, "test", "00")))
    assert "task.data_sha256" in parse(other, mine)[1]


def test_a_card_that_is_too_large_is_not_read(tmp_path):
    path = write(tmp_path, [line()], card=b"#" * 20_000)
    assert "card: 20,000 bytes, at most 16,384 are allowed" in told(check(path))


def test_flags_and_role_follow_the_card():
    assert (CARD.role, CARD.flags) == ("system", ("submission",))
    gold = replace(CARD, uses_gold=True)
    assert (gold.role, gold.flags) == ("ceiling", ("submission", "uses gold"))
