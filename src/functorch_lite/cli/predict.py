"""Naming what is on a photo with the pretrained ResNet-18."""

__all__ = ["run_prediction"]


def run_prediction(photo: str, weights: str) -> int:
    """Print the five most likely ImageNet classes of an image file."""
    import functorch_lite as fl

    try:
        from PIL import Image
    except ImportError:
        raise SystemExit("predict needs Pillow: python -m pip install pillow") from None
    model = fl.models.resnet18(weights=weights)
    model.eval()
    with Image.open(photo) as image:
        x = fl.models.preprocess_imagenet(image)
    with fl.no_grad():
        scores = model(fl.tensor(x)[None]).softmax(1)[0].numpy()
    names = fl.models.imagenet_classes()
    for i in scores.argsort()[::-1][:5]:
        print(f"{scores[i]:7.2%}  {names[i]}")
    return 0
