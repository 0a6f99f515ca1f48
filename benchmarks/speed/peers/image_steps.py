"""Times the steps of images.py: milliseconds an image up to and including each step, on one thread.

    /usr/bin/python3 image_steps.py FOLDER_OF_JPEGS
Has the requirements of images.py.
"""
import glob, json, sys, time
import torch
from PIL import Image
from torchvision import transforms as T

torch.set_num_threads(1)
files = sorted(glob.glob(sys.argv[1] + "/*.jpg"))
resize = T.Compose([T.Resize(256), T.CenterCrop(224)])
normalise = T.Compose([T.ToTensor(), T.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))])


def read(path):
    with open(path, "rb") as file:
        return file.read()


def decode(path):
    return Image.open(path).convert("RGB")


def milliseconds(f):
    for _ in range(2):
        start = time.perf_counter()
        for path in files:
            f(path)
    return 1000 * (time.perf_counter() - start) / len(files)


print(json.dumps({
    "read": milliseconds(read),
    "decode": milliseconds(decode),
    "resize and crop": milliseconds(lambda path: resize(decode(path))),
    "normalise": milliseconds(lambda path: normalise(resize(decode(path)))),
}))
