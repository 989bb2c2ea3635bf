"""A model that breaks one rule of the contract is caught, and by that rule's name."""

from __future__ import annotations

import random
from typing import ClassVar

import numpy as np
import pytest

from showcase_bench import Model, OracleModel, Showcase, Writer
from showcase_bench.errors import RegistryError, StoreError, UsageError
from showcase_bench.testing import MODEL_RULES, ConformanceError, check_model


class Good(Model):
    """Shows the first photos, and tells how many reviews it has learned from."""

    def __init__(self, count: int = 3) -> None:
        self.count = count
        self.seen = 0

    def fit(self, train, val, *, seed, workdir, progress):
        self.seen = len(train) + seed

    def save(self, folder):
        (folder / "seen").write_text(f"{self.seen:08}")

    def load(self, folder):
        try:
            text = (folder / "seen").read_text()
        except OSError as error:
            raise StoreError(f"{folder}: no fitted model") from error
        if len(text) != 8:
            raise StoreError(f"{folder}: damaged")
        self.seen = int(text)

    def shown(self, query):
        return query.pool[: min(self.count, query.k)]

    def text(self, query, images):
        return f"{self.seen} reviews"

    def predict(self, queries, images):
        for query in queries:
            yield Showcase(query.id, self.shown(query), self.text(query, images))


class GoodWriter(Writer):
    """Counts the photos that it is handed."""

    def write(self, queries, chosen, images):
        return [f"{len(ids)} photos" for ids in chosen]


class GoodOracle(OracleModel):
    """Repeats the gold."""

    def predict_with_gold(self, examples, images):
        for one in examples:
            yield Showcase(one.query.id, one.gold.image_ids, one.gold.texts[0])


class BadFlag(Good):
    """Broken."""

    flags = ("uses magic",)


class ListDefault(Good):
    """Broken."""

    def __init__(self, words=("a",)) -> None:
        super().__init__()


class ManyArguments(Good):
    """Broken."""

    def __init__(self, **more) -> None:
        super().__init__()


class OnlySaves(Model):
    """Broken."""

    def save(self, folder): ...

    def predict(self, queries, images):
        return [Showcase(query.id) for query in queries]


class StrangeVariant(Good):
    """Broken."""

    variants: ClassVar = {"big": {"cuont": 4}}


class CurveOfNan(Good):
    """Broken."""

    def learning_curve(self):
        return [{"loss": float("nan")}]


class FitFails(Good):
    """Broken."""

    def fit(self, train, val, *, seed, workdir, progress):
        raise ValueError("cannot learn")


class NeedsTraining(Good):
    """Broken."""

    def fit(self, train, val, *, seed, workdir, progress):
        self.seen = int(np.mean([len(one.query.pool) for one in [train[0]]]))


class Fails(Good):
    """Broken."""

    def text(self, query, images):
        raise KeyError(query.id)


class NeedsHistory(Good):
    """Broken."""

    def text(self, query, images):
        return query.history[0].text


class NeedsPool(Good):
    """Broken."""

    def shown(self, query):
        return (query.pool[0],)


class NeedsTwoPhotos(Good):
    """Broken."""

    def shown(self, query):
        return (query.pool[1],) if query.pool else ()


class NeedsReadablePhotos(Good):
    """Broken."""

    def text(self, query, images):
        return str([images.load(one).mean() for one in query.pool])


class NeedsKnownPlaces(Good):
    """Broken."""

    def text(self, query, images):
        return str(["b0", "b1", "b2", "b3"].index(query.business_id))


class NeedsAscii(Good):
    """Broken."""

    def text(self, query, images):
        return query.id.encode("ascii").decode()


class NeedsQueries(Good):
    """Broken."""

    def predict(self, queries, images):
        longest = max(len(query.pool) for query in queries)
        return [Showcase(query.id, (), str(longest > 99)) for query in queries]


class AnswersOnlyOnce(Good):
    """Broken."""

    def predict(self, queries, images):
        return list(super().predict(queries, images))[:1]


class AnswersBackwards(Good):
    """Broken."""

    def predict(self, queries, images):
        return list(super().predict(queries, images))[::-1]


class ShowsTooMany(Good):
    """Broken."""

    def shown(self, query):
        return query.pool


class ShowsTwice(Good):
    """Broken."""

    def shown(self, query):
        return query.pool[:1] * min(2, query.k)


class ShowsOthers(Good):
    """Broken."""

    def shown(self, query):
        return ("elsewhere",)


class GivesBytes(Good):
    """Broken."""

    def text(self, query, images):
        return b"words"


class GivesTuples(Good):
    """Broken."""

    def predict(self, queries, images):
        return [(query.id, query.pool[:1]) for query in queries]


class LooksAround(Good):
    """Broken."""

    def predict(self, queries, images):
        return [Showcase(query.id, (), f"one of {len(queries)}") for query in queries]


class Remembers(Good):
    """Broken."""

    calls = 0

    def text(self, query, images):
        self.calls += 1
        return f"call {self.calls}"


class EmptiesTheList(Good):
    """Broken."""

    def predict(self, queries, images):
        answers = list(super().predict(queries, images))
        queries.clear()
        return answers


class RewritesQueries(Good):
    """Broken."""

    def text(self, query, images):
        object.__setattr__(query, "pool", query.pool[:1])
        return ""


class PaintsPhotos(Good):
    """Broken."""

    def text(self, query, images):
        for one in query.pool[:1]:
            if not one.startswith("broken"):
                images.load(one)[:] = 0
        return ""


class ShortensTraining(Good):
    """Broken."""

    def fit(self, train, val, *, seed, workdir, progress):
        del train[3:]


class FollowsGlobalState(Good):
    """Broken."""

    def fit(self, train, val, *, seed, workdir, progress):
        state = random.getstate()
        self.seen = random.randrange(10**7)
        random.setstate(state)


class MovesGlobalState(Good):
    """Broken."""

    def text(self, query, images):
        np.random.random()  # noqa: NPY002
        return ""


class SavesTooLittle(Good):
    """Broken."""

    def save(self, folder):
        (folder / "seen").write_text("00000000")


class SavesTheTime(Good):
    """Broken."""

    saves = 0

    def save(self, folder):
        super().save(folder)
        type(self).saves += 1
        (folder / "when").write_text(f"{type(self).saves}")


class CannotLoad(Good):
    """Broken."""

    def load(self, folder):
        raise ValueError("no")


class LoadsAnything(Good):
    """Broken."""

    def load(self, folder):
        path = folder / "seen"
        self.seen = int(path.read_text()) if path.exists() else 0


class WriterOfTooFew(GoodWriter):
    """Broken."""

    def write(self, queries, chosen, images):
        return ["words"]


class WriterOfTooMany(GoodWriter):
    """Broken."""

    def write(self, queries, chosen, images):
        return ["words"] * (len(queries) + 1)


class WriterThatNeedsPhotos(GoodWriter):
    """Broken."""

    def write(self, queries, chosen, images):
        return [ids[0] for ids in chosen]


class WriterThatChooses(GoodWriter):
    """Broken."""

    def write(self, queries, chosen, images):
        texts = super().write(queries, chosen, images)
        for at in range(len(chosen)):
            chosen[at] = ()
        return texts


class SecretOracle(GoodOracle):
    """Broken."""

    flags = ()


BROKEN = [
    (BadFlag, "declarations", "uses magic"),
    (ListDefault, "declarations", "'words' has the default"),
    (ManyArguments, "declarations", "'more' of the constructor has no name"),
    (OnlySaves, "declarations", "no load"),
    (StrangeVariant, "declarations", "sets 'cuont'"),
    (CurveOfNan, "declarations", "finite"),
    (SecretOracle, "declarations", "uses gold"),
    (FitFails, "fit", "ValueError: cannot learn"),
    (NeedsTraining, "empty-training", "IndexError"),
    (Fails, "predict", "KeyError: 'q30'"),
    (NeedsHistory, "no-history", "IndexError"),
    (NeedsPool, "empty-pool", "IndexError"),
    (WriterThatNeedsPhotos, "empty-pool", "IndexError"),
    (NeedsTwoPhotos, "one-photo", "IndexError"),
    (NeedsReadablePhotos, "unreadable-photos", "ImageError"),
    (NeedsKnownPlaces, "cold", "ValueError"),
    (NeedsAscii, "odd-text", "UnicodeEncodeError"),
    (NeedsQueries, "no-queries", "ValueError"),
    (AnswersOnlyOnce, "one-answer-each", "1 answers to 17 queries"),
    (AnswersBackwards, "one-answer-each", "in the order of the queries"),
    (WriterOfTooFew, "one-answer-each", "one text, or None"),
    (WriterOfTooMany, "one-answer-each", "18 answers to 17 queries"),
    (ShowsTooMany, "valid-answers", "are allowed"),
    (ShowsTwice, "valid-answers", "shown twice"),
    (ShowsOthers, "valid-answers", "not in the candidate pool"),
    (GivesBytes, "valid-answers", "the text is a bytes"),
    (GivesTuples, "valid-answers", "the answer is a tuple"),
    (LooksAround, "batch-invariance", "'one of 1' against 'one of 17'"),
    (Remembers, "batch-invariance", "alone and among others it gets text"),
    (EmptiesTheList, "inputs-untouched", "the list of queries"),
    (RewritesQueries, "inputs-untouched", "query 'q30'"),
    (PaintsPhotos, "inputs-untouched", "pixels of"),
    (ShortensTraining, "inputs-untouched", "examples that fit() was given"),
    (WriterThatChooses, "inputs-untouched", "chosen photos"),
    (FollowsGlobalState, "same-seed", "follow from the seed"),
    (MovesGlobalState, "global-randomness", "numpy.random"),
    (SavesTooLittle, "save-load", "save all that fit() learned"),
    (SavesTheTime, "save-load", "other bytes"),
    (CannotLoad, "save-load", "ValueError: no"),
    (LoadsAnything, "damaged-files", "raised nothing"),
]


@pytest.mark.parametrize("model", [Good, GoodWriter, GoodOracle])
def test_a_good_model_passes(model):
    check_model(model)
    check_model(model, seed=3)


@pytest.mark.parametrize(
    ("model", "rule", "says"), BROKEN, ids=lambda one: getattr(one, "__name__", None)
)
def test_a_broken_one_is_caught(model, rule, says):
    with pytest.raises(ConformanceError) as error:
        check_model(model, seed=2)
    found = [one for one in error.value.findings if one.rule == rule]
    assert any(says in one.problem for one in found), str(error.value)
    assert f"[{rule}] model {model.__name__!r}" in str(error.value)


def test_every_rule_has_a_model_that_breaks_it():
    assert {rule for _, rule, _ in BROKEN} == set(MODEL_RULES)


def test_a_finding_names_its_query_and_the_fix():
    with pytest.raises(AssertionError) as error:
        check_model(NeedsHistory)
    start = "[no-history] model 'NeedsHistory', query 'no-history': raised IndexError"
    (line,) = (one for one in str(error.value).splitlines() if one.startswith(start))
    assert line.endswith("answer it, with no photos or text=None if need be")
    assert "[predict]" not in str(error.value)


def test_rules_can_be_left_out():
    check_model(NeedsQueries, skip=["no-queries"])
    with pytest.raises(UsageError, match=r"no rule 'no-querys'.*Did you mean 'no-queries'"):
        check_model(Good, skip=["no-querys"])


def test_a_model_is_given_in_any_form(tmp_path, monkeypatch):
    check_model("random")
    check_model(lambda: Good(count=1))
    check_model(Good(count=2))
    with pytest.raises(RegistryError, match="Did you mean 'random'"):
        check_model("randm")
    for wrong in (dict, 3, lambda: None):
        with pytest.raises(UsageError, match="gives no model"):
            check_model(wrong)
    with pytest.raises(ConformanceError, match="'ShowsTooMany'"):
        check_model(ShowsTooMany())
