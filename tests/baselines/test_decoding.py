"""Decoding against enumeration, brute force and the chi-square distribution."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from baselines.neural.decoding import Decoding
from baselines.neural.sampling import best, draw, generator
from baselines.neural.search import decode
from showcase_bench.errors import ContractError, UsageError

PAD, BEGIN, END = 0, 1, 2


class Tokens:
    """Numbers as tokens: all that a decoder asks of a codec."""

    pad, begin, end = PAD, BEGIN, END

    def __init__(self, size, never=frozenset()):
        self._size, self.never = size, never

    def __len__(self):
        return self._size

    def encode(self, text, most=None):
        raise NotImplementedError

    def decode(self, tokens):
        raise NotImplementedError

    def facts(self):
        raise NotImplementedError


class Markov:
    """Each row has its own table: logits of the next token after the last one.

    The state is the last token of each text, and the rows are looked up by the text's number, so a
    state that is selected wrongly gives another text.
    """

    def __init__(self, tables, first=BEGIN):
        self.tables = torch.as_tensor(tables)
        self.first = first
        self.batches = []

    def begin(self, rows):
        self.batches.append(list(rows))
        numbers = torch.tensor(list(rows))
        return self.tables[numbers, self.first], numbers

    def step(self, tokens, state):
        assert tokens.shape == state.shape
        self.batches.append(state.tolist())
        return self.tables[state, tokens], state

    def select(self, state, rows):
        return state[rows]


def markov(rows=1, size=6, seed=0, scale=2.0):
    return Markov(scale * np.random.default_rng(seed).standard_normal((rows, size, size)))


def write(stepper, decoding, rows=None, codec=None, seed=0, sizes=None, keys=None):
    rows = len(stepper.tables) if rows is None else rows
    keys = [f"q{row}" for row in range(rows)] if keys is None else keys
    codec = codec or Tokens(stepper.tables.shape[-1])
    return decode(stepper, keys, Decoding.parse(decoding), codec, seed=seed, sizes=sizes)


def log_softmax(logits):
    logits = np.asarray(logits, dtype=float)
    top = logits.max()
    return logits - top - math.log(np.exp(logits - top).sum())


# how a text is chosen


@pytest.mark.parametrize(
    "text",
    [
        "greedy",
        "beam(size=3,no_repeat_ngram=3)",
        "beam(length_penalty=0,size=10,max_tokens=5)",
        "nucleus(p=0.9,temperature=0.8)",
        "top-k(k=1)",
        "sample(temperature=2,min_tokens=3,batch_size=1)",
        "greedy(repetition_penalty=1.3)",
    ],
)
def test_a_decoding_is_read_back_from_its_text(text):
    once = Decoding.parse(text)
    assert Decoding.parse(str(once)) == once
    assert hash(Decoding.parse(str(once))) == hash(once)


def test_defaults_are_not_written():
    assert str(Decoding.parse("beam(size=3,max_tokens=64,length_penalty=1)")) == "beam"
    assert str(Decoding.parse("sample(temperature=2)")) == "sample(temperature=2.0)"
    assert Decoding().max_tokens == 64


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("beem", "Did you mean 'beam'"),
        ("greedy@3", "greedy@3"),
        ("beam(sise=3)", "Did you mean 'size'"),
        ("greedy(size=3)", "belongs to beam"),
        ("beam(temperature=1)", "belongs to sample, top-k, nucleus"),
        ("beam(method=greedy)", "no 'method'"),
        ("beam(size=0)", "size is 0"),
        ("beam(size=2.5)", "size is 2.5"),
        ("beam(size=true)", "size is True"),
        ("beam(length_penalty=-1)", "length_penalty"),
        ("nucleus(p=0)", "p is 0"),
        ("nucleus(p=1.1)", "p is 1.1"),
        ("nucleus(p=nan)", "p is nan"),
        ("sample(temperature=0)", "temperature"),
        ("greedy(max_tokens=0)", "max_tokens"),
        ("greedy(min_tokens=9,max_tokens=8)", "more than max_tokens"),
        ("greedy(repetition_penalty=0.5)", "repetition_penalty"),
        ("greedy(batch_size=0)", "batch_size"),
        ("greedy(no_repeat_ngram=-1)", "no_repeat_ngram"),
        ("greedy(", "cannot read"),
    ],
)
def test_what_makes_no_sense_is_refused(text, message):
    with pytest.raises(UsageError, match=message.replace("(", r"\(")):
        Decoding.parse(text)


def test_an_argument_of_another_method_is_refused_in_code_too():
    with pytest.raises(UsageError, match="belongs to beam"):
        Decoding("greedy", size=5)
    with pytest.raises(UsageError, match="way of decoding is 'magic'"):
        Decoding("magic")  # type: ignore[arg-type]


# greedy


def by_hand(table, decoding, first=BEGIN, never=()):
    """Greedy decoding of one text with plain Python."""
    text, last = [], first
    while len(text) < decoding.max_tokens:
        scores = [float(x) for x in table[last]]
        for token in set(text):
            better = scores[token] > 0
            theta = decoding.repetition_penalty
            scores[token] = scores[token] / theta if better else scores[token] * theta
        size = decoding.no_repeat_ngram
        grams = {tuple(text[i : i + size]) for i in range(len(text) - size + 1)} if size else set()
        allowed = []
        for token in range(len(scores)):
            gram = tuple([*text, token][-size:]) if size and len(text) >= size - 1 else None
            banned = token in {PAD, BEGIN, *never} or (token != END and gram in grams)
            if not banned and not (token == END and len(text) < decoding.min_tokens):
                allowed.append(token)
        token = max(allowed, key=lambda t: (scores[t], -t)) if allowed else END
        if token == END:
            break
        text.append(token)
        last = token
    return text


@pytest.mark.parametrize(
    "text",
    [
        "greedy(max_tokens=20)",
        "greedy(max_tokens=12,min_tokens=5)",
        "greedy(max_tokens=30,repetition_penalty=1.5)",
        "greedy(max_tokens=30,no_repeat_ngram=1)",
        "greedy(max_tokens=30,no_repeat_ngram=2,min_tokens=30)",
        "greedy(max_tokens=30,no_repeat_ngram=3,repetition_penalty=1.1,min_tokens=10)",
    ],
)
def test_greedy_equals_plain_python(text):
    stepper = markov(rows=40, size=7, seed=3)
    expected = [by_hand(table, Decoding.parse(text)) for table in stepper.tables]
    assert write(stepper, text) == expected
    assert len({len(one) for one in expected}) > 1 or "min_tokens=30" in text


def test_greedy_ties_go_by_the_lower_token():
    stepper = Markov(np.zeros((1, 6, 6)))
    assert write(stepper, "greedy") == [[]]
    assert write(stepper, "greedy(min_tokens=2,max_tokens=2)") == [[3, 3]]


def test_pad_begin_and_the_unknown_are_never_written():
    table = np.zeros((1, 6, 6))
    table[:, :, [PAD, BEGIN, 3]] = 50.0
    table[:, :, 4] = 1.0
    codec = Tokens(6, never=frozenset({3}))
    for method in ("greedy", "beam", "sample", "top-k(k=2)", "nucleus(p=0.5)"):
        (text,) = write(Markov(table), method, codec=codec)
        assert not {PAD, BEGIN, END, 3} & set(text)


def test_tokens_beyond_the_codec_are_never_written():
    table = np.zeros((1, 9, 9))
    table[:, :, 6:] = 50.0
    (text,) = write(Markov(table), "greedy(min_tokens=3,max_tokens=5)", codec=Tokens(6))
    assert text
    assert max(text) < 6


def test_one_token_for_everything():
    class Lone(Tokens):
        pad = begin = end = 0

    stepper = Markov(np.zeros((3, 1, 1)), first=0)
    for method in ("greedy(min_tokens=4)", "beam(min_tokens=4)", "sample", "top-k"):
        assert write(stepper, method, codec=Lone(1)) == [[], [], []]


def test_a_text_that_nothing_may_follow_ends():
    stepper = markov(rows=5, size=5, seed=1)
    for method in ("greedy", "beam", "sample"):
        texts = write(stepper, f"{method}(no_repeat_ngram=1,min_tokens=9)")
        assert [sorted(text) for text in texts] == [[3, 4]] * 5


def test_no_texts():
    stepper = markov(rows=1)
    for method in ("greedy", "beam", "sample"):
        assert write(stepper, method, rows=0) == []
    assert stepper.batches == []


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("method", ["greedy", "beam", "nucleus"])
def test_numbers_that_are_not_finite_name_the_text(bad, method):
    stepper = markov(rows=4, size=6, seed=5)
    stepper.tables[2, 3:, 4] = bad
    stepper.tables[:, :, END] = -9.0
    with pytest.raises(ContractError, match=r"'q2'.*not finite"):
        write(stepper, method)


def test_a_network_of_another_vocabulary_is_refused():
    with pytest.raises(ContractError, match="another vocabulary"):
        write(Markov(np.zeros((1, 2, 2))), "greedy", codec=Tokens(6))


# batches


METHODS = [
    "greedy(max_tokens=15,{})",
    "beam(size=3,max_tokens=15,no_repeat_ngram=2,{})",
    "sample(max_tokens=15,{})",
    "top-k(k=3,max_tokens=15,{})",
    "nucleus(p=0.8,max_tokens=15,{})",
]


@pytest.mark.parametrize("method", METHODS)
def test_batches_and_order_change_no_text(method):
    stepper = markov(rows=23, size=8, seed=7, scale=1.0)
    whole = write(stepper, method.format("batch_size=64"))
    assert len({tuple(text) for text in whole}) > 5
    sizes = list(np.random.default_rng(0).integers(0, 4, 23))
    for size in (1, 4, 23):
        assert write(stepper, method.format(f"batch_size={size}"), sizes=sizes) == whole
    order = list(np.random.default_rng(1).permutation(23))
    mixed = Markov(stepper.tables[order])
    keys = [f"q{row}" for row in order]
    texts = write(mixed, method.format("batch_size=5"), keys=keys)
    assert texts == [whole[row] for row in order]
    alone = write(Markov(stepper.tables[9:10]), method.format("batch_size=5"), keys=["q9"])
    assert alone == whole[9:10]


def test_texts_of_like_size_share_a_batch():
    stepper = markov(rows=6)
    write(stepper, "greedy(batch_size=2,max_tokens=1)", sizes=[5, 1, 9, 1, 5, 9])
    assert stepper.batches == [[1, 3], [0, 4], [2, 5]]
    with pytest.raises(ValueError, match="2 sizes for 6 texts"):
        write(stepper, "greedy", sizes=[1, 2])


def test_finished_texts_leave_the_batch():
    tables = np.zeros((3, 6, 6))
    tables[0, :, END] = 5.0
    tables[1:, :, 4] = 5.0
    tables[1, 4, END] = 9.0
    stepper = Markov(tables)
    assert write(stepper, "greedy(max_tokens=4)") == [[], [4], [4, 4, 4, 4]]
    assert stepper.batches == [[0, 1, 2], [1, 2], [2], [2]]


def test_gradients_are_not_recorded():
    class Asks(Markov):
        def begin(self, rows):
            assert torch.is_inference_mode_enabled()
            return super().begin(rows)

    write(Asks(torch.zeros(1, 6, 6, requires_grad=True)), "greedy")


# beams


def enumerated(table, decoding, first=BEGIN):
    """The best of all texts, by brute force: (-score, tokens)."""
    size, most = len(table), decoding.max_tokens
    ordinary = [token for token in range(size) if token not in {PAD, BEGIN, END}]
    found = []
    for length in range(most + 1):
        for text in itertools.product(ordinary, repeat=length):
            log_p, last = 0.0, first
            for token in text:
                log_p, last = log_p + log_softmax(table[last])[token], token
            if length < most:
                if length < decoding.min_tokens:
                    continue
                log_p += log_softmax(table[last])[END]
            steps = length + (length < most)
            found.append((-log_p / steps**decoding.length_penalty, text))
    return min(found)


@pytest.mark.parametrize("penalty", [0, 0.7, 1, 2])
@pytest.mark.parametrize("least", [0, 2])
def test_a_beam_wide_enough_finds_the_best_text_of_all(penalty, least):
    stepper = markov(rows=12, size=6, seed=11, scale=1.5)
    text = f"beam(size=400,max_tokens=4,length_penalty={penalty},min_tokens={least})"
    expected = [enumerated(table, Decoding.parse(text))[1] for table in stepper.tables.numpy()]
    assert [tuple(one) for one in write(stepper, text)] == expected
    assert len(set(expected)) > 2


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(-3, 3), min_size=25, max_size=25),
    st.sampled_from([0.0, 1.0, 1.5]),
)
def test_a_wide_beam_scores_as_enumeration_with_ties(numbers, penalty):
    table = np.array(numbers, dtype=float).reshape(5, 5)
    decoding = Decoding("beam", size=64, max_tokens=3, length_penalty=penalty)
    (text,) = decode(Markov(table[None]), ["q"], decoding, Tokens(5), seed=0)
    best_score, _ = enumerated(table, decoding)
    log_p, last = 0.0, BEGIN
    for token in text:
        log_p, last = log_p + log_softmax(table[last])[token], token
    if len(text) < 3:
        log_p += log_softmax(table[last])[END]
    assert -log_p / (len(text) + (len(text) < 3)) ** penalty == pytest.approx(best_score, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=36, max_size=36), st.integers(0, 3))
def test_one_beam_is_greedy(numbers, ngram):
    stepper = Markov(np.array(numbers, dtype=float).reshape(1, 6, 6))
    rest = f"max_tokens=9,no_repeat_ngram={ngram},repetition_penalty=1.25"
    assert write(stepper, f"beam(size=1,{rest})") == write(stepper, f"greedy({rest})")


def test_beam_ties_go_by_the_lower_token():
    stepper = Markov(np.zeros((1, 7, 7)))
    assert write(stepper, "beam(size=2,max_tokens=3,length_penalty=0)") == [[]]
    assert write(stepper, "beam(size=2,max_tokens=2,min_tokens=2)") == [[3, 3]]


def test_a_longer_text_wins_with_a_penalty_of_length():
    table = np.full((6, 6), -20.0)
    table[BEGIN, [END, 3]] = np.log([0.3, 0.7])
    table[3, [4, END]] = np.log([0.6, 0.4])
    table[4, END] = 0.0
    stepper = Markov(table[None])
    assert write(stepper, "beam(size=5,length_penalty=0)") == [[3, 4]]
    table[BEGIN, [END, 3]] = np.log([0.5, 0.5])
    assert write(Markov(table[None]), "beam(size=5,length_penalty=0)") == [[]]
    assert write(Markov(table[None]), "beam(size=5,length_penalty=1)") == [[3, 4]]


def test_a_search_stops_when_no_beam_can_win():
    table = np.zeros((6, 6))
    table[:, END] = 30.0
    stepper = Markov(table[None])
    assert write(stepper, "beam(size=4,length_penalty=0,max_tokens=50)") == [[]]
    assert len(stepper.batches) == 1


def beam_by_hand(table, decoding):
    """Beam search for one text in plain Python, straight from its definition."""
    running, ended = [((), 0.0)], []
    while running and len(ended) < decoding.size:
        ranked = sorted(
            (-(log_p + gain), token, rank)
            for rank, (text, log_p) in enumerate(running)
            for token, gain in enumerate(log_softmax(table[text[-1] if text else BEGIN]))
            if token not in (PAD, BEGIN)
        )
        stops = [one for one in ranked[: decoding.size] if one[1] == END]
        ended += [(c / (len(running[r][0]) + 1), running[r][0]) for c, _, r in stops]
        goes = [one for one in ranked if one[1] != END][: decoding.size]
        running = [((*running[r][0], token), -cost) for cost, token, r in goes]
        if len(running[0][0]) == decoding.max_tokens:
            return min(ended + [(-log_p / len(text), text) for text, log_p in running])[1]
    return min(ended)[1]


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_narrow_beams_equal_plain_python(size):
    stepper = markov(rows=30, size=9, seed=size, scale=1.2)
    decoding = f"beam(size={size},max_tokens=8,batch_size=7)"
    expected = [beam_by_hand(table, Decoding.parse(decoding)) for table in stepper.tables.numpy()]
    assert [tuple(one) for one in write(stepper, decoding)] == expected


def test_no_run_of_tokens_comes_twice_in_a_beam():
    stepper = markov(rows=20, size=6, seed=2)
    stepper.tables[:, :, END] = -30.0
    for text in write(stepper, "beam(size=4,no_repeat_ngram=2,max_tokens=30)"):
        pairs = list(itertools.pairwise(text))
        assert len(pairs) == len(set(pairs))


# chance


def test_sampled_tokens_follow_the_probabilities():
    stepper = Markov(np.tile(np.linspace(-1, 1, 8), (1, 8, 1)))
    stepper.tables = stepper.tables.expand(4000, 8, 8)
    texts = write(stepper, "sample(max_tokens=1,batch_size=1000,temperature=0.7)")
    seen = Counter(text[0] if text else END for text in texts)
    weights = np.exp(np.linspace(-1, 1, 8) / 0.7)[2:]
    expected = 4000 * weights / weights.sum()
    assert stats.chisquare([seen[token] for token in range(2, 8)], expected).pvalue > 1e-3


@pytest.mark.parametrize(
    ("method", "allowed"),
    [
        ("top-k(k=2)", {3, 4}),  # 4 is best; 3, 5 and 6 tie: the lower comes in
        ("top-k(k=1)", {4}),
        ("top-k(k=99)", {2, 3, 4, 5, 6}),
        ("nucleus(p=0.3)", {4}),
        ("nucleus(p=0.57)", {3, 4}),
        ("nucleus(p=0.72)", {3, 4, 5}),
        ("nucleus(p=1)", {2, 3, 4, 5, 6}),
    ],
)
def test_what_is_drawn_from(method, allowed):
    share = np.array([1e-9, 1e-9, 0.08, 0.17, 0.41, 0.17, 0.17])
    stepper = Markov(np.tile(np.log(share), (1, 7, 1)))
    stepper.tables = stepper.tables.expand(600, 7, 7)
    inner = method.replace(")", ",max_tokens=1,batch_size=600)")
    seen = {text[0] if text else END for text in write(stepper, inner)}
    assert seen == allowed


def test_a_whole_nucleus_and_all_tokens_are_plain_sampling():
    stepper = markov(rows=20, size=9, seed=4, scale=1.0)
    plain = write(stepper, "sample")
    assert write(stepper, "nucleus(p=1)") == plain
    assert write(stepper, "top-k(k=9)") == plain
    assert write(stepper, "sample", seed=1) != plain
    assert write(stepper, "top-k(k=1)") == write(stepper, "greedy")


def test_one_uniform_number_a_token():
    stepper = markov(rows=1, size=6, seed=9, scale=0.5)
    (text,) = write(stepper, "sample(min_tokens=12,max_tokens=12)", seed=5)
    rng, last, expected = generator(5, "q0"), BEGIN, []
    for _ in range(12):
        logits = stepper.tables[0, last].numpy().copy()
        logits[[PAD, BEGIN, END]] = -np.inf
        shares = np.exp(logits) / np.exp(logits).sum()
        last = int(np.searchsorted(shares.cumsum(), rng.random(), side="right"))
        expected.append(last)
    assert text == expected


def test_keys_of_any_characters_have_their_own_numbers():
    draws = {generator(0, key).random() for key in ("", "a", "\ud800", "ü", "a\0", "0")}
    assert len(draws) == 6
    assert generator(0, "a").random() == generator(0, "a").random() != generator(1, "a").random()


def test_nothing_of_global_random_numbers_is_touched():
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    write(markov(rows=3), "sample")
    assert torch.equal(before[0], torch.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from([-math.inf, -800.0, -1.0, 0.0, 2.0]), min_size=1, max_size=8),
    st.one_of(st.floats(0, 1, exclude_max=True), st.just(1 - 2**-53)),
)
def test_a_draw_is_the_inverse_of_the_distribution_function(logits, uniform):
    logits = [*logits, 0.0, -math.inf]
    row = torch.tensor([logits], dtype=torch.float64)
    token = int(draw(row, torch.tensor([uniform], dtype=torch.float64)))
    assert logits[token] > -math.inf
    weights = np.exp(np.array(logits) - max(logits))
    before, upto = weights[:token].sum(), weights[: token + 1].sum()
    assert before <= uniform * weights.sum() + 1e-12
    assert uniform * weights.sum() <= upto + 1e-12


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-2, 2), min_size=12, max_size=12), st.integers(1, 7))
def test_the_best_of_a_row_take_lower_places_where_equal(numbers, most):
    values = torch.tensor(numbers, dtype=torch.float64).reshape(3, 4)
    top, places = best(values, most)
    for row, kept, where in zip(values.tolist(), top.tolist(), places.tolist(), strict=True):
        expected = sorted(range(4), key=lambda place: (-row[place], place))[:most]
        assert sorted(where) == sorted(expected)
        assert kept == [row[place] for place in where]
