"""The command line: the tutorial, training, prediction."""

import importlib.metadata
import os
import subprocess
import sys

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite.__main__ import main


def run(*args, **environment):
    """Run ``python -m functorch_lite`` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "functorch_lite", *args],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | environment,
    )


def test_tutorial():
    done = run("--no-download")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "model: ResNet-18, 11,689,512 parameters, random weights" in lines
    assert "a.grad = tensor([36., 81.])" in lines
    assert "b.grad = tensor([-12.,  -8.])" in lines
    assert "9a² == a.grad: True" in lines
    assert "-2b == b.grad: True" in lines
    assert any(line.startswith("backward pass: 62 gradients") for line in lines)
    assert done.stderr == ""


def test_tutorial_fails_if_the_gradient_is_wrong(monkeypatch, capsys):
    monkeypatch.setattr(fl.Tensor, "__rmul__", lambda self, other: self + other)
    from functorch_lite.cli.tutorial import differentiate_q

    assert not differentiate_q()
    assert "9a² == a.grad: False" in capsys.readouterr().out


def test_pretrained_weights_are_missed_aloud(monkeypatch, capsys, tmp_path):
    from functorch_lite.cli.weights import load_resnet18
    from functorch_lite.errors import DownloadError

    def unreachable(*args, **kwargs):
        raise DownloadError("no network")

    random_weights = fl.models.resnet18()
    monkeypatch.setattr(
        fl.models,
        "resnet18",
        lambda pretrained=False: unreachable() if pretrained else random_weights,
    )
    assert load_resnet18(True) == (random_weights, False)
    assert "cannot be had here: no network" in capsys.readouterr().out
    monkeypatch.setattr(fl.models, "resnet18", lambda pretrained=False: ("with", pretrained))
    assert load_resnet18(True) == (("with", True), True)


@pytest.fixture
def few_images():
    pytest.importorskip("sklearn", reason="scikit-learn carries the digits")
    pytest.importorskip("PIL", reason="Pillow resizes the digits")
    pytest.importorskip("matplotlib", reason="the loss curve is drawn")
    return ["train", "--no-download", "--limit", "40", "--epochs", "1", "--batch-size", "16"]


def test_train(few_images, tmp_path):
    plot = tmp_path / "loss.png"
    done = run(*few_images, "--goal", "0", "--plot", str(plot))
    assert done.returncode == 0, done.stderr
    assert "32 images to train on, 8 to test" in done.stdout
    assert "\n2 steps in " in done.stdout
    assert "test accuracy: " in done.stdout
    assert "2/2" in done.stderr  # the progress bar
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_train_fails_below_the_goal(few_images, capsys):
    assert main([*few_images, "--limit", "10", "--goal", "1.01", "--plot", ""]) == 1
    assert "(goal: 101%)" in capsys.readouterr().out


def test_training_images():
    pytest.importorskip("sklearn", reason="scikit-learn carries the digits")
    pytest.importorskip("PIL", reason="Pillow resizes the digits")
    from functorch_lite.cli.train import load_digits

    (x, y), (x_test, y_test) = load_digits(32, None, 0)
    assert x.shape == (1438, 3, 32, 32) and x_test.shape == (359, 3, 32, 32)
    assert x.dtype == np.float32 and y.dtype == np.int64
    assert set(y) == set(y_test) == set(range(10))
    seen = {image.tobytes() for image in x}
    assert sum(image.tobytes() in seen for image in x_test) == 0


@pytest.mark.slow
def test_training_learns_and_deferring_it_changes_nothing():
    """Sixteen images are learned by heart; steps run as programs are those run one by one.

    In float64: in float32 a flipped ReLU makes both ways part, from one step to the next.
    """
    pytest.importorskip("sklearn", reason="scikit-learn carries the digits")
    pytest.importorskip("PIL", reason="Pillow resizes the digits")
    from functorch_lite.cli.train import load_digits, train

    (x, y), _ = load_digits(32, 20, 0)
    data = x.astype(np.float64), y
    losses, states = {}, {}
    for mode in (fl.eager, fl.deferred):
        with mode():
            fl.manual_seed(0)
            model = fl.models.resnet18(num_classes=10).to(fl.float64)
            losses[mode] = train(model, data, epochs=6, batch_size=16, lr=0.02, seed=0)
            states[mode] = {k: t.detach().numpy() for k, t in model.state_dict().items()}
    assert len(losses[fl.deferred]) == 6
    assert losses[fl.deferred][-1] < losses[fl.deferred][0] / 4
    np.testing.assert_allclose(losses[fl.deferred], losses[fl.eager], rtol=1e-6)
    for name, want in states[fl.eager].items():
        got = states[fl.deferred][name]
        assert np.linalg.norm(got - want) <= 1e-6 * np.linalg.norm(want), name


def test_evaluation_counts_right_answers():
    from functorch_lite.cli.train import evaluate

    class Rounding(fl.nn.Module):
        """The highest score is for the number that the "image" holds."""

        def forward(self, x):
            assert not self.training
            return -((x - fl.arange(10.0)) ** 2)

    model = Rounding()
    y = np.arange(7)
    x = y[:, None].astype(np.float32)
    assert evaluate(model, (x, y), 3) == 1.0
    assert evaluate(model, (x, np.where(y < 2, 9, y)), 3) == 5 / 7
    assert model.training


def test_predict(tmp_path, capsys):
    image = pytest.importorskip("PIL.Image", reason="Pillow reads the photo")
    model = fl.models.resnet18()
    with fl.no_grad():
        model.fc.weight.zero_()
        model.fc.bias.zero_()
        model.fc.bias[281] = 3.0
    weights, photo = tmp_path / "weights.pth", tmp_path / "photo.png"
    from functorch_lite.io import save_checkpoint

    save_checkpoint(weights, {k: t.detach().numpy() for k, t in model.state_dict().items()})
    image.fromarray(np.zeros((80, 60, 3), np.uint8)).save(photo)
    assert main(["predict", str(photo), "--weights", str(weights)]) == 0
    lines = capsys.readouterr().out.splitlines()
    share = np.exp(3.0) / (np.exp(3.0) + 999)
    assert lines[0] == f"{share:7.2%}  tabby"
    assert len(lines) == 5


def test_predict_without_the_photo(tmp_path, capsys):
    pytest.importorskip("PIL", reason="Pillow reads the photo")
    assert main(["predict", str(tmp_path / "none.png")]) == 1
    assert "none.png" in capsys.readouterr().err


def test_console_script():
    scripts = importlib.metadata.entry_points(group="console_scripts", name="functorch-lite")
    assert [s.load() for s in scripts] == [main]
