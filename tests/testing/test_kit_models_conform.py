"""Every registered model keeps the contract that strangers are held to."""

from __future__ import annotations

import inspect

import pytest

from showcase_bench.models import MODELS
from showcase_bench.testing import check_model

OURS = [name for name in MODELS if MODELS.registration(name).target.startswith("baselines.")]


@pytest.mark.parametrize("name", OURS)
def test_it_conforms(name):
    trained = "epochs" in inspect.signature(MODELS.get(name)).parameters
    check_model(f"{name}(epochs=1)" if trained else name)


def test_there_are_models_to_check():
    assert {"random", "reference", "dpp", "peter", "showcase"} <= set(OURS)
