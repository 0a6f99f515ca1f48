"""The models and losses of train_step.py on an NVIDIA GPU: forward, backward, AdamW in PyTorch eager.

    python3 train_step_gpu.py vit32|vit224|conv4|resnet12 cross-entropy|clce STEPS
prints one JSON line: milliseconds a step (median), GPU, version. Products may use TF32; NVIDIA_TF32_OVERRIDE=0 keeps them in float32.
"""
import importlib.util, json, pathlib, sys, time
import torch
import torch.nn as nn
import torch.nn.functional as F

spec = importlib.util.spec_from_file_location("train_step", pathlib.Path(__file__).parent / "train_step.py")
peer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(peer)

torch.set_default_device("cuda")
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True

which, loss_name, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
size, batch, classes = {"vit32": (32, 64, 10), "vit224": (224, 8, 100), "conv4": (32, 64, 10), "resnet12": (32, 64, 64)}[which]
net = {"vit32": lambda: peer.ViT(192, 6, 3, 32, 4), "vit224": lambda: peer.ViT(384, 12, 6, 224, 16), "conv4": peer.conv4, "resnet12": peer.ResNet12}[which]()
head = nn.Linear(net.width, classes)
optimizer = torch.optim.AdamW([*net.parameters(), *head.parameters()], lr=1e-3)
images, labels = torch.randn(batch, 3, size, size, device="cpu"), torch.randint(0, classes, (batch,), device="cpu")
if not which.startswith("vit"):  # the faster layout for convolutions
    net, images = net.to(memory_format=torch.channels_last), images.contiguous(memory_format=torch.channels_last)
times = []
for i in range(steps + 2):
    start = time.perf_counter()
    x, y = images.cuda(), labels.cuda()
    z = net(x)
    loss = F.cross_entropy(head(z), y)
    if loss_name == "clce":
        loss = 0.1 * loss + 0.9 * peer.lacln(z, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    loss.item()
    torch.cuda.synchronize()
    if i > 1:
        times.append((time.perf_counter() - start) * 1e3)
times.sort()
print(json.dumps({"ms": times[len(times) // 2], "gpu": torch.cuda.get_device_name(), "version": torch.__version__}))
