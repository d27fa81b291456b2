"""``python -m functorch_lite``: the tutorial; ``python -m functorch_lite train``: training."""

import argparse
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; those of the process by default.

    Returns
    -------
    int
        0 if all went well: for the tutorial, if its check of 9a² and -2b holds; for training,
        if the accuracy asked for was reached.
    """
    parser = argparse.ArgumentParser(prog="functorch_lite", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    tutorial = commands.add_parser("tutorial", help="the ResNet-18 training step (the default)")
    train = commands.add_parser("train", help="train ResNet-18 on scikit-learn's digits")
    predict = commands.add_parser("predict", help="name what is on a photo, by ImageNet's classes")
    for p in (parser, tutorial, train):
        p.add_argument("--seed", type=int, default=0, help="seed of the random numbers")
        p.add_argument("--no-download", action="store_true", help="do not try to fetch weights")
    train.add_argument("--epochs", type=int, default=10)
    train.add_argument("--batch-size", type=int, default=32)
    train.add_argument("--size", type=int, default=32, help="height and width of the images")
    train.add_argument("--lr", type=float, default=0.01)
    train.add_argument("--limit", type=int, default=None, help="use only so many images")
    train.add_argument("--goal", type=float, default=0.97, help="accuracy to be reached")
    train.add_argument("--plot", default="training.png", help="where the loss curve goes")
    predict.add_argument("photo", help="an image file")
    predict.add_argument("--weights", default="DEFAULT", help="a checkpoint file, or DEFAULT")
    args = parser.parse_args(argv)
    if args.command == "train":
        from .cli.train import run_training

        return run_training(args)
    if args.command == "predict":
        from .cli.predict import run_prediction

        return run_prediction(args.photo, args.weights)
    from .cli.tutorial import run_tutorial

    return run_tutorial(seed=args.seed, download=not args.no_download)


if __name__ == "__main__":
    sys.exit(main())
