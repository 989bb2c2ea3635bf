import importlib
import subprocess
import sys

import pytest

from showcase_bench.errors import MissingDependencyError, RegistryError
from showcase_bench.registry import Registry

GROUP = "showcase_bench.test_group"


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """A registry over fake distributions: distribution name -> {name: target}."""

    def build(distributions, check=lambda loaded: None):
        for name, points in distributions.items():
            folder = tmp_path / f"{name}-1.0.dist-info"
            folder.mkdir(exist_ok=True)
            (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            lines = "".join(f"{key} = {value}\n" for key, value in points.items())
            (folder / "entry_points.txt").write_text(f"[{GROUP}]\n{lines}")
        monkeypatch.syspath_prepend(str(tmp_path))
        importlib.invalidate_caches()
        return Registry(GROUP, "thing", check)

    return build


def test_listing_names_imports_nothing(registry):
    found = registry({"one": {"b": "no_such_module:x", "a": "json:loads"}})
    assert list(found) == ["a", "b"]
    assert "a" in found
    assert len(found) == 2
    assert found.registration("b").origin == "no_such_module:x (from one 1.0)"


def test_get_loads(registry):
    import json

    assert registry({"one": {"a": "json:loads"}}).get("a") is json.loads


def test_unknown_name_offers_the_nearest(registry):
    with pytest.raises(RegistryError, match=r"unknown thing 'popullar'. Did you mean 'popular'\?"):
        registry({"one": {"popular": "json:loads"}}).get("popullar")


def test_a_name_registered_twice_names_both_origins(registry):
    found = registry({"one": {"a": "json:loads"}, "two": {"a": "json:dumps"}})
    assert list(found) == ["a"]
    with pytest.raises(RegistryError, match=r"json:loads \(from one 1.0\); json:dumps \(from two"):
        found.get("a")


def test_a_broken_plugin_says_why_and_leaves_the_others_alone(registry, tmp_path):
    (tmp_path / "broken_plugin.py").write_text("1 / 0")
    found = registry({"one": {"bad": "broken_plugin:x", "good": "json:loads", "gone": "json:nope"}})
    with pytest.raises(RegistryError, match="ZeroDivisionError: division by zero"):
        found.get("bad")
    assert "ZeroDivisionError" in found.problem("bad")
    assert "AttributeError" in found.problem("gone")
    assert found.problem("good") is None


def test_a_missing_dependency_is_told_apart_from_a_missing_plugin(registry, tmp_path):
    (tmp_path / "needy_plugin.py").write_text("import not_installed_anywhere")
    found = registry({"one": {"needy": "needy_plugin:x", "absent": "absent_plugin.inner:x"}})
    with pytest.raises(MissingDependencyError, match=r"'not_installed_anywhere'.*not installed"):
        found.get("needy")
    with pytest.raises(RegistryError, match="cannot be loaded"):
        found.get("absent")


def test_the_check_is_applied(registry):
    found = registry({"one": {"a": "json:loads"}}, check=lambda loaded: "it is not a thing")
    with pytest.raises(RegistryError, match="it is not a thing"):
        found.get("a")


def test_listing_encoders_loads_no_weights():
    code = (
        "import sys\n"
        "from showcase_bench.cli.main import cli\n"
        "cli(['list', 'encoders'], standalone_mode=False)\n"
        "heavy = {'torch', 'transformers', 'open_clip', 'timm', 'tokenizers'}\n"
        "print('loaded:', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("loaded: []")


@pytest.mark.parametrize("kind", ["models", "tasks"])
def test_listing_on_the_command_line_imports_no_plugin(kind):
    code = (
        "import sys\n"
        "from showcase_bench.cli.main import cli\n"
        f"cli(['list', '{kind}'], standalone_mode=False)\n"
        "heavy = {'torch', 'baselines', 'numpy', 'sklearn', 'pyarrow', 'PIL', 'rich'}\n"
        "print('loaded:', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("loaded: []")


def test_help_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from showcase_bench.cli.main import cli\n"
        "cli(['--help'], standalone_mode=False)\n"
        "heavy = {'torch', 'numpy', 'rich', 'importlib.metadata'}\n"
        "print('loaded:', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("loaded: []")


def test_every_registered_name_loads():
    from showcase_bench.datasets.tasks import TASKS
    from showcase_bench.encoders import ENCODERS
    from showcase_bench.metrics import METRICS
    from showcase_bench.models import MODELS

    for registry in (MODELS, METRICS, TASKS, ENCODERS):
        assert len(registry)
        for name in registry:
            registry.get(name)
