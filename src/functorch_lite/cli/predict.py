"""Naming what is on a photo with the pretrained ResNet-18."""

import sys

__all__ = ["run_prediction"]


def run_prediction(photo: str, weights: str) -> int:
    """Print the five most likely ImageNet classes of an image file; return 0 if that went well."""
    import functorch_lite as fl
    from functorch_lite.errors import FunctorchLiteError

    try:
        x = fl.models.preprocess_imagenet(photo)
        model = fl.models.resnet18(weights=weights)
    except (ImportError, OSError, FunctorchLiteError) as e:
        print(f"predict: {e}", file=sys.stderr)
        return 1
    model.eval()
    with fl.no_grad():
        scores = model(fl.tensor(x)[None]).softmax(1)[0].numpy()
    names = fl.models.imagenet_classes()
    for i in scores.argsort()[::-1][:5]:
        print(f"{scores[i]:7.2%}  {names[i]}")
    return 0
