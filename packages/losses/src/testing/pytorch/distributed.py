"""Test support: python/clce.py on two gloo processes beside one process. Usage: distributed.py FOLDER-OF-CLCE.

Standard input: {"inputs": [n][d], "labels": [n]}, with n even. The first process has the first half of the rows.
Prints one line of JSON: `one` for the whole batch in one process, `byRank` for both processes. In each way of `WAYS`
they have the loss, its parts, the gradients of the model's parameters (after DistributedDataParallel's average), and
those at the embeddings.
"""
import json
import os
import sys
import tempfile
from datetime import timedelta

import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing
from torch import nn
from torch.nn.parallel import DistributedDataParallel

sys.path.insert(0, sys.argv[1])
from clce import CLCE, cross_entropy, gather_batch, lacln  # noqa: E402

PROCESSES = 2
WAYS = ("gathered", "gathered in autocast", "contrastive inputs gathered", "not gathered", "no positives")


class Model(nn.Module):
    def __init__(self, size, classes):
        super().__init__()
        self.body, self.head = nn.Linear(size, size), nn.Linear(size, classes)

    def forward(self, x):
        embeddings = self.body(x)
        return self.head(embeddings), embeddings


def evaluate(way, batch, rank=0, processes=1):
    torch.manual_seed(0)
    model = Model(len(batch["inputs"][0]), len(batch["labels"]))
    trained = DistributedDataParallel(model) if processes > 1 else model
    share = len(batch["labels"]) // processes
    own = slice(rank * share, (rank + 1) * share)
    all_labels = range(len(batch["labels"])) if way == "no positives" else batch["labels"]
    x, labels = torch.tensor(batch["inputs"])[own], torch.tensor(list(all_labels))[own]
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=way == "gathered in autocast"):
        logits, embeddings = trained(x)
        embeddings.retain_grad()
        if way == "contrastive inputs gathered":
            contrastive = lacln(*gather_batch(embeddings, labels), temperature=0.1)
            parts = {"loss": 0.1 * cross_entropy(logits, labels) + 0.9 * contrastive, "contrastive": contrastive}
        else:
            inputs = (logits, embeddings, labels)
            if way != "not gathered":
                inputs = gather_batch(*inputs)
            parts = CLCE(temperature=0.1)(*inputs, parts=True)._asdict()
    parts["loss"].backward()
    return {
        **{name: part.item() for name, part in parts.items()},
        "parameters": torch.cat([p.grad.flatten() for p in model.parameters()]).tolist(),
        "embeddings": embeddings.grad.float().tolist(),
    }


def process(rank, batch, folder):
    torch.set_num_threads(1)
    # Both processes are on this machine, which may have no network.
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    # A process that waits for one that failed gives up.
    dist.init_process_group("gloo", f"file://{folder}/meeting", timedelta(minutes=10), PROCESSES, rank)
    answer = {way: evaluate(way, batch, rank, PROCESSES) for way in WAYS}
    try:
        gather_batch(torch.zeros(2 + rank, 3))
    except ValueError as error:
        answer["unequal"] = str(error)
    with open(os.path.join(folder, f"{rank}.json"), "w") as file:
        json.dump(answer, file)


if __name__ == "__main__":
    batch = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        multiprocessing.spawn(process, (batch, folder), PROCESSES)
        by_rank = []
        for rank in range(PROCESSES):
            with open(os.path.join(folder, f"{rank}.json")) as file:
                by_rank.append(json.load(file))
    one = {way: evaluate(way, batch) for way in WAYS}
    print(json.dumps({"one": one, "byRank": by_rank}))
