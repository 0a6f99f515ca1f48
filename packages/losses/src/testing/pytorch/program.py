"""Test support: evaluates python/clce.py. Usage: program.py FOLDER-OF-CLCE.

It reads one request a line, and writes one answer a line, in JSON.
A request has `call`, a name in `CALLS`; `logits`, `embeddings`, `labels`; and maybe
  options      keyword arguments
  module       true: through the nn.Module
  labelsDtype  of the labels, "int64" unless given
  dtype        of the inputs, "float32" unless given
  rounded      a dtype whose precision the inputs have before they get `dtype`
  autocast     "forward" or "both": the passes inside bfloat16 autocast
An answer has the loss, its other parts, its dtype and the gradients, or `error`. A number that is not finite is an
error, and so is a NaN within a backward pass.
The call "defaults" answers with the defaults of each function and of its module. The call "run" runs `code` and answers
with its `loss`.
"""
import contextlib
import functools
import inspect
import json
import sys

import torch

sys.path.insert(0, sys.argv[1])
import clce  # noqa: E402

CALLS = {
    "clce": (clce.clce, clce.CLCE),
    "ce+supcon": (clce.ce_sup_con, clce.CESupCon),
    "lacln": (clce.lacln, clce.LACLN),
}


def defaults(function):
    return {name: p.default for name, p in inspect.signature(function).parameters.items() if p.default is not p.empty}


def evaluate(request):
    def tensor(name):
        x = torch.tensor(request[name], dtype=torch.float64)
        if "rounded" in request:
            x = x.to(getattr(torch, request["rounded"]))
        x = x.to(getattr(torch, request.get("dtype", "float32")))
        return x.requires_grad_(x.is_floating_point())

    logits, embeddings = tensor("logits"), tensor("embeddings")
    labels = torch.tensor(request["labels"], dtype=getattr(torch, request.get("labelsDtype", "int64")))
    function, module = CALLS[request["call"]]
    options = request.get("options", {})
    loss_of = module(**options) if request.get("module") else functools.partial(function, **options)
    autocast = {name: torch.autocast("cpu", dtype=torch.bfloat16) for name in ("forward", "both")}
    inside = autocast.get(request.get("autocast"), contextlib.nullcontext())
    with torch.autograd.set_detect_anomaly(True):
        with inside:
            if request["call"] == "lacln":
                parts = {"loss": loss_of(embeddings, labels)}
            else:
                parts = loss_of(logits, embeddings, labels, parts=True)._asdict()
                plain = loss_of(logits, embeddings, labels)
                assert torch.equal(plain, parts["loss"]), "parts change the loss"
                for_logs = [x for name, x in parts.items() if name != "loss"]
                assert not any(x.requires_grad for x in for_logs), "a part for logs has a gradient"
            if request.get("autocast") == "both":
                parts["loss"].backward()
        if request.get("autocast") != "both":
            parts["loss"].backward()
    return {
        **{name: x.item() for name, x in parts.items()},
        "dtype": str(parts["loss"].dtype),
        "gradLogits": None if logits.grad is None else logits.grad.tolist(),
        "gradEmbeddings": embeddings.grad.tolist(),
    }


for line in sys.stdin:
    request = json.loads(line)
    try:
        if request["call"] == "defaults":
            answer = {name: [defaults(f), defaults(m.__init__)] for name, (f, m) in CALLS.items()}
        elif request["call"] == "run":
            names = {}
            exec(request["code"], names)
            answer = {"loss": names["loss"].item()}
        else:
            answer = evaluate(request)
        line = json.dumps(answer, allow_nan=False)
    except Exception as error:
        line = json.dumps({"error": f"{type(error).__name__}: {error}"})
    print(line, flush=True)
