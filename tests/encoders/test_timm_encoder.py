"""Image models of timm: against its own features, and damaged or missing weights."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from PIL import Image

from showcase_bench.encoders import ImageEncoder, get_encoder
from showcase_bench.errors import MissingDependencyError, UsageError

timm = pytest.importorskip("timm")
torch = pytest.importorskip("torch")
safetensors = pytest.importorskip("safetensors.torch")

NAME = "mobilenetv3_small_050"


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Tiny models are slower on several threads."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def build(name, seed, **options):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return timm.create_model(name, pretrained=False, **options).eval()


@pytest.fixture(scope="module")
def model():
    return build(NAME, 1)


@pytest.fixture(scope="module")
def path(model, tmp_path_factory):
    found = tmp_path_factory.mktemp("timm") / "small.safetensors"
    safetensors.save_file(model.state_dict(), found)
    return found


@pytest.fixture(scope="module")
def encoder(path):
    return get_encoder(f"timm:{NAME}/{path}", ImageEncoder)


def photos(count):
    random = np.random.default_rng(count)
    return [random.integers(0, 256, (60, 50 + i, 3), dtype=np.uint8) for i in range(count)]


def test_features_equal_timms_own(model, encoder):
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model))
    pixels = photos(4)
    with torch.inference_mode():
        stacked = torch.stack([transform(Image.fromarray(one)) for one in pixels])
        pooled = model.forward_head(model.forward_features(stacked), pre_logits=True)
    expected = torch.nn.functional.normalize(pooled, dim=-1).numpy()
    found = encoder.encode_images(pixels)
    assert found.dtype == np.float32
    assert encoder.dim == found.shape[1] == 1024
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_one_at_a_time_equals_all_at_once(encoder):
    pixels = photos(66)
    alone = [encoder.encode_images([one])[0] for one in pixels[-6:]]
    np.testing.assert_allclose(encoder.encode_images(pixels)[-6:], alone, atol=1e-4)
    assert encoder.encode_images([]).shape == (0, 1024)


@pytest.mark.parametrize("shape", [(1, 1), (1, 30_000), (30_000, 1)])
def test_small_and_elongated_photos(encoder, shape):
    found = encoder.encode_images([np.full((*shape, 3), 90, dtype=np.uint8)])
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-5)


def test_what_is_written_about_itself(encoder, path):
    sha = hashlib.sha256(path.read_bytes()).hexdigest()
    assert encoder.identity == f"timm:{NAME}/local@{sha[:8]}"
    assert f"|weights:{sha}|" in encoder.signature
    assert str(path.parent) not in encoder.signature


def test_weights_without_a_classifier(model, encoder, tmp_path):
    state = {k: v for k, v in model.state_dict().items() if not k.startswith("classifier.")}
    safetensors.save_file(state, tmp_path / "bare.safetensors")
    bare = get_encoder(f"timm:{NAME}/{tmp_path / 'bare.safetensors'}", ImageEncoder)
    np.testing.assert_array_equal(bare.encode_images(photos(2)), encoder.encode_images(photos(2)))


def test_weights_in_another_projects_naming(model, encoder, monkeypatch, tmp_path):
    """What timm translates for a model is translated here too."""
    theirs = {f"net.{name}": one for name, one in model.state_dict().items()}
    safetensors.save_file(theirs, tmp_path / "theirs.safetensors")
    monkeypatch.setattr(
        timm.models.mobilenetv3,
        "checkpoint_filter_fn",
        lambda state, _: {name.removeprefix("net."): one for name, one in state.items()},
        raising=False,
    )
    one = get_encoder(f"timm:{NAME}/{tmp_path / 'theirs.safetensors'}", ImageEncoder)
    np.testing.assert_array_equal(one.encode_images(photos(2)), encoder.encode_images(photos(2)))


@pytest.mark.parametrize("argument", ["", "/x.safetensors", f"{NAME}/"])
def test_arguments_that_cannot_work(argument):
    with pytest.raises(UsageError, match="cannot read the encoder"):
        get_encoder(f"timm:{argument}", ImageEncoder)


@pytest.mark.parametrize(
    ("weights", "words"),
    [("w.bin", "ends in .safetensors"), ("no/such.safetensors", "no such file")],
)
def test_files_that_cannot_work(weights, words):
    with pytest.raises(UsageError, match=words):
        get_encoder(f"timm:{NAME}/{weights}", ImageEncoder)


@pytest.mark.parametrize("damage", ["cut", "noise", "empty"])
def test_damaged_weights_name_the_file(path, tmp_path, damage):
    whole = path.read_bytes()
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes({"cut": whole[:-9], "noise": b"x" * 500, "empty": b""}[damage])
    with pytest.raises(UsageError, match=r"broken\.safetensors: not a complete safetensors file"):
        get_encoder(f"timm:{NAME}/{broken}", ImageEncoder).encode_images(photos(1))


@pytest.mark.parametrize("change", ["drop", "add", "shape"])
def test_weights_of_another_model(model, tmp_path, change):
    state = dict(model.state_dict())
    first = "conv_stem.weight"
    if change == "add":
        state["something.weight"] = torch.zeros(2)
    elif change == "drop":
        del state[first]
    else:
        state[first] = torch.zeros(3, 3)
    other = tmp_path / "other.safetensors"
    safetensors.save_file(state, other)
    with pytest.raises(UsageError, match=rf"other\.safetensors: not the weights of {NAME}"):
        get_encoder(f"timm:{NAME}/{other}", ImageEncoder).encode_images(photos(1))


def test_an_unknown_model(path):
    with pytest.raises(UsageError, match=r"no model 'resnet_18'.*resnet18"):
        get_encoder(f"timm:resnet_18/{path}", ImageEncoder).encode_images(photos(1))
    with pytest.raises(UsageError, match="no weights of a hub for 'resnet_18'"):
        _ = get_encoder("timm:resnet_18", ImageEncoder).identity


def test_global_random_state_is_left_alone(path):
    before = torch.get_rng_state()
    get_encoder(f"timm:{NAME}/{path}", ImageEncoder).encode_images(photos(1))
    assert torch.equal(before, torch.get_rng_state())


def test_weights_of_a_hub(path, encoder, tmp_path, monkeypatch):
    import huggingface_hub

    (tmp_path / "model.safetensors").write_bytes(path.read_bytes())
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda repo, **_: str(tmp_path))
    one = get_encoder(f"timm:{NAME}", ImageEncoder)
    assert one.identity == encoder.identity.replace("/local", "")
    np.testing.assert_array_equal(one.encode_images(photos(2)), encoder.encode_images(photos(2)))


def test_without_a_network_the_message_says_which_file_to_bring(monkeypatch):
    import huggingface_hub

    def refuse(repo, **options):
        raise huggingface_hub.errors.LocalEntryNotFoundError("Got: ConnectError. Check it.")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    with pytest.raises(MissingDependencyError) as caught:
        _ = get_encoder("timm:resnet18.a1_in1k", ImageEncoder).identity
    for part in ("timm:resnet18.a1_in1k", "model.safetensors", "/PATH.safetensors", "ConnectError"):
        assert part in str(caught.value)
