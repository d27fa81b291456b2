"""ResNets: architecture, initialisation, weights, and training steps equal to PyTorch's."""

import functools
import hashlib
import http.server
import threading

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import io, models


def test_architecture():
    net = models.resnet18()
    names = list(net.state_dict())
    assert len(names) == 122
    assert len(list(net.parameters())) == 62
    assert len(list(net.buffers())) == 60
    assert sum(p.numel() for p in net.parameters()) == 11_689_512
    head = ["conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"]
    assert names[:7] == [*head, "bn1.num_batches_tracked", "layer1.0.conv1.weight"]
    assert names[-2:] == ["fc.weight", "fc.bias"]
    with_shortcut = {n.split(".downsample")[0] for n in names if "downsample" in n}
    assert with_shortcut == {"layer2.0", "layer3.0", "layer4.0"}
    assert net.layer2[0].conv1.stride == (2, 2)
    assert net.layer2[0].conv2.stride == (1, 1)
    assert net.fc.weight.shape == (1000, 512)


@pytest.mark.parametrize(("name", "n"), [("resnet34", 21_797_672), ("resnet50", 25_557_032)])
def test_sizes(name, n):
    assert sum(p.numel() for p in getattr(models, name)().parameters()) == n


def test_same_names_order_and_shapes_as_torch(torch_resnet18):
    theirs = torch_resnet18()
    ours = models.resnet18()
    assert [(k, tuple(v.shape)) for k, v in theirs.state_dict().items()] == [
        (k, v.shape) for k, v in ours.state_dict().items()
    ]
    assert [k for k, _ in theirs.named_parameters()] == [k for k, _ in ours.named_parameters()]


def test_initialisation():
    fl.manual_seed(0)
    net = models.resnet18()
    for name, p in net.named_parameters():
        value = p.detach().numpy()
        if "conv" in name or "downsample.0" in name:
            out, _, kh, kw = value.shape
            np.testing.assert_allclose(value.std(), np.sqrt(2 / (out * kh * kw)), rtol=0.06)
            assert abs(value.mean()) < 0.01
        elif "fc" in name:
            assert 0.04 < np.abs(value).max() <= 1 / np.sqrt(512)
        else:
            assert set(value) == ({1.0} if name.endswith("weight") else {0.0})
    zeroed = models.resnet18(zero_init_residual=True)
    assert not zeroed.layer1[0].bn2.weight.detach().numpy().any()
    assert zeroed.layer1[0].bn1.weight.detach().numpy().all()
    assert not models.resnet50(zero_init_residual=True).layer1[0].bn3.weight.detach().numpy().any()


# --- training steps -------------------------------------------------------------------------------


def _train(lib, net, dtype, steps=3):
    r = np.random.default_rng(0)
    x = lib.tensor(r.standard_normal((2, 3, 64, 64)), dtype=getattr(lib, dtype))
    y = lib.tensor(r.integers(0, 1000, 2))
    opt = lib.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    for _ in range(steps):
        opt.zero_grad()
        lib.nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    seen = {}
    for k, p in net.named_parameters():
        seen[f"parameter {k}"] = p.detach().numpy()
        seen[f"gradient {k}"] = p.grad.numpy()
        seen[f"momentum {k}"] = opt.state[p]["momentum_buffer"].numpy()
    for k, b in net.named_buffers():
        seen[f"buffer {k}"] = b.numpy()
    return seen


def _ours(theirs, dtype):
    net = models.resnet18()
    net.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    return _train(fl, net.to(getattr(fl, dtype)), dtype)


def _distances(seen, reference):
    return {
        k: np.linalg.norm(np.asarray(v, np.float64) - reference[k])
        / max(np.linalg.norm(reference[k]), 1e-300)
        for k, v in seen.items()
    }


@pytest.mark.slow
def test_three_training_steps_agree_with_torch(torch_resnet18):
    import torch

    theirs64 = _train(torch, torch_resnet18().double(), "float64")
    ours64 = _ours(torch_resnet18(), "float64")
    assert ours64.keys() == theirs64.keys()
    worst = max(_distances(ours64, theirs64).items(), key=lambda kv: kv[1])
    assert worst[1] < 1e-9, worst

    theirs32 = _distances(_train(torch, torch_resnet18(), "float32"), theirs64)
    ours32 = _distances(_ours(torch_resnet18(), "float32"), theirs64)
    floats = [k for k in theirs32 if "num_batches_tracked" not in k]
    mine, other = (np.array([d[k] for k in floats]) for d in (ours32, theirs32))
    assert np.median(mine) <= 2 * np.median(other)
    assert mine.max() <= 2 * other.max()


@pytest.mark.slow
def test_the_main_job_step_agrees_with_torch(torch_resnet18):
    """The tutorial's loss, (prediction - labels).sum(), on one image of 64 x 64."""
    import torch

    theirs = torch_resnet18().double().eval()
    ours = models.resnet18()
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    ours.double().eval()
    r = np.random.default_rng(1)
    data, labels = r.random((1, 3, 64, 64)), r.random((1, 1000))
    for lib, net in ((torch, theirs), (fl, ours)):
        (net(lib.tensor(data)) - lib.tensor(labels)).sum().backward()
    for (k, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        a, b = p.grad.numpy(), q.grad.numpy()
        assert np.linalg.norm(a - b) <= 1e-9 * np.linalg.norm(b), k


# --- weights --------------------------------------------------------------------------------------


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A local server with the weights of a small ResNet, and an empty cache."""
    folder = tmp_path / "host"
    folder.mkdir()
    monkeypatch.setenv("FUNCTORCH_LITE_HOME", str(tmp_path / "cache"))

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("FUNCTORCH_LITE_WEIGHTS_URL", url)
    yield folder
    server.shutdown()
    thread.join()
    server.server_close()


def _save(path, classes=7):
    fl.manual_seed(3)
    net = models.resnet18(num_classes=classes)
    io.save_checkpoint(path, {k: v.numpy() for k, v in net.state_dict().items()})
    return net


def test_weights_from_a_path(tmp_path):
    net = _save(tmp_path / "mine.pth")
    loaded = models.resnet18(weights=tmp_path / "mine.pth")
    assert loaded.fc.out_features == 7
    for (k, a), b in zip(net.state_dict().items(), loaded.state_dict().values(), strict=True):
        assert fl.equal(a, b), k
    with pytest.raises(ValueError, match="for 7 classes, but num_classes=9"):
        models.resnet18(weights=str(tmp_path / "mine.pth"), num_classes=9)
    with pytest.raises(FileNotFoundError, match="neither a file nor known weights of resnet18"):
        models.resnet18(weights="nonsense")


def test_pretrained_weights_are_downloaded_and_checked(host, monkeypatch):
    from functorch_lite.models import weights

    net = _save(host / "w.pth")
    digest = hashlib.sha256((host / "w.pth").read_bytes()).hexdigest()[:8]
    good = f"resnet18-{digest}.pth"
    (host / "w.pth").rename(host / good)
    table = {"resnet18": {"IMAGENET1K_V1": good, "DEFAULT": good}}
    monkeypatch.setattr(weights, "_FILES", table)
    for options in ({"pretrained": True}, {"weights": "DEFAULT"}, {"weights": good}):
        loaded = models.resnet18(progress=False, **options)
        assert fl.equal(loaded.fc.weight.detach(), net.fc.weight.detach())
    bad = "resnet18-00000000.pth"
    (host / good).rename(host / bad)
    monkeypatch.setattr(weights, "_FILES", {"resnet18": {"DEFAULT": bad}})
    with pytest.raises(fl.errors.DownloadError):
        models.resnet18(weights="DEFAULT", progress=False)


def test_torchvisions_file_names():
    from functorch_lite.models import weights

    assert weights._FILES["resnet18"]["DEFAULT"] == "resnet18-f37072fd.pth"
    assert weights._FILES["resnet34"]["DEFAULT"] == "resnet34-b627a593.pth"
    assert weights._FILES["resnet50"]["IMAGENET1K_V1"] == "resnet50-0676ba61.pth"
    assert weights._EARLIER["resnet18"] == ("resnet18-5c106cde.pth",)
    assert weights.weights_url("a.pth") == "https://download.pytorch.org/models/a.pth"


def test_preprocessing():
    Image = pytest.importorskip("PIL.Image", reason="needs Pillow")
    r = np.random.default_rng(0)
    pixels = r.integers(0, 256, (300, 512, 3), dtype=np.uint8)
    x = models.preprocess_imagenet(pixels)
    assert x.shape == (3, 224, 224)
    assert np.array_equal(x, models.preprocess_imagenet(Image.fromarray(pixels)))
    grey = models.preprocess_imagenet(np.full((256, 256, 3), 128, np.uint8))
    expected = (128 / 255 - np.array(models.IMAGENET_MEAN)) / np.array(models.IMAGENET_STD)
    np.testing.assert_allclose(grey[:, 0, 0], expected, rtol=1e-5)


def test_classes():
    names = models.imagenet_classes()
    assert len(names) == len(set(names)) == 1000
    assert [names[i] for i in (0, 1, 207, 281, 999)] == [
        "tench",
        "goldfish",
        "golden retriever",
        "tabby",
        "toilet tissue",
    ]
