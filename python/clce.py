"""CLCE for PyTorch in one file: copy it beside your training program. It needs PyTorch alone.

CLCE (Long et al. 2024, arXiv 2402.14551) is (1 - λ) · cross-entropy + λ · LACLN. LACLN is a label-aware
contrastive loss that weights the negatives by their hardness.

    criterion = CLCE(temperature=0.5)             # every parameter has its default
    loss = criterion(logits, embeddings, labels)  # several processes: criterion(*gather_batch(…))
    loss.backward()

Which samples a call compares. LACLN compares each row of `embeddings` with all other rows of the same call, and
with no others. Accumulation of gradients therefore adds no negatives: eight calls with 32 rows compare each sample
with 31 others, not with 255. DistributedDataParallel adds none either; `gather_batch` does.

Precision. All losses turn autocast off, in the forward and the backward pass, and compute in float32 (float64 for
float64 inputs). bfloat16 rounds a cosine by up to 0.002, which τ = 0.01 turns into 0.2 in an exponent. Exponentials
are taken in log space, so every finite input has a finite loss and a finite gradient in float32. Memory is O(n²)
for n rows.

Collapse. Equal embeddings of n rows have a contrastive term of ln(n - 1), in both forms, for each temperature and
hardness. A term that stays there says that the embeddings have collapsed.
"""
import contextlib
import math
from typing import NamedTuple

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn

__all__ = [
    "CLCE", "CESupCon", "LACLN", "LossParts",
    "ce_sup_con", "clce", "cross_entropy", "gather_batch", "lacln", "positive_share",
]


class LossParts(NamedTuple):
    """Scalars. `loss` is minimised; the others are for logs and carry no gradient."""

    loss: torch.Tensor
    """(1 - λ) cross_entropy + λ contrastive, in nats."""
    cross_entropy: torch.Tensor
    """Without its weight 1 - λ, in nats."""
    contrastive: torch.Tensor
    """Without its weight λ, in nats. See the top of the file for the value ln(n - 1)."""
    positives: torch.Tensor
    """Share of anchors with a positive, in [0, 1]. The contrastive term is the mean over these anchors alone."""


def clce(logits, embeddings, labels, lambda_=0.9, temperature=0.5, hardness=1.0, form="in", detach_weights=False,
         label_smoothing=0.0, parts=False):
    """CLCE of one batch: (1 - λ) cross-entropy + λ LACLN (Long et al. 2024, arXiv 2402.14551).

    λ = 0.9 and τ = 0.5 are the flags of the sister method's published command line (SCHaNe).

    :param logits: [n, classes], any floating dtype
    :param embeddings: [n, d], any floating dtype; normalised here
    :param labels: [n], whole numbers in [0, classes)
    :param lambda_: λ in [0, 1]: 0 is cross-entropy, 1 the contrastive loss alone
    :param parts: True returns `LossParts` in place of the loss
    :return: a scalar in nats, float32 (float64 for float64 embeddings)
    :raises ValueError: see `cross_entropy` and `lacln`
    """
    _check(lambda_=lambda_)
    entropy = cross_entropy(logits, labels, label_smoothing)
    contrastive = lacln(embeddings, labels, temperature, hardness, form, detach_weights)
    loss = (1 - lambda_) * entropy + lambda_ * contrastive
    if not parts:
        return loss
    return LossParts(loss, entropy.detach(), contrastive.detach(), positive_share(labels))


def ce_sup_con(logits, embeddings, labels, lambda_=0.9, temperature=0.5, form="out", label_smoothing=0.0, parts=False):
    """Cross-entropy with SupCon (Gunel et al. 2021): CLCE without hard negatives, as `clce` with hardness 0.

    The default form is "out", as SupCon is published (Khosla et al. 2020, equation 2). Shapes, other parameters and
    errors are those of `clce`.
    """
    return clce(logits, embeddings, labels, lambda_, temperature, 0.0, form, False, label_smoothing, parts)


def lacln(embeddings, labels, temperature=0.5, hardness=1.0, form="in", detach_weights=False):
    """Label-aware contrastive loss with hard negatives, the second term of CLCE (Long et al. 2024, arXiv 2402.14551).

    With z L2-normalised, s_ij = z_i · z_j / τ, P_i the other rows of i's class and N_i the rows of other classes:

        w_ik = |N_i| exp(β s_ik) / Σ_{k'∈N_i} exp(β s_ik')
        D_i  = Σ_{p∈P_i} exp(s_ip) + Σ_{k∈N_i} w_ik exp(s_ik)
        in:  ℓ_i = -log( (1/|P_i|) Σ_{p∈P_i} exp(s_ip) / D_i )
        out: ℓ_i = -(1/|P_i|) Σ_{p∈P_i} log( exp(s_ip) / D_i )

    "in" and "out" are the names of Khosla et al. 2020 (section 3.2.2); w is the weighting of Robinson et al. 2021
    without its debiasing. The paper's equation could not be read, so the default "in" is clce-bench's choice. The
    loss is the mean over the anchors with a positive. Without such anchors it is 0, with a gradient of zeros.
    Without negatives D_i is its first sum.

    :param embeddings: [n, d], any floating dtype; normalised here. A zero row stays zero and has a gradient of zeros
    :param labels: [n], whole numbers; equal labels are positives
    :param temperature: τ, the divisor of cosines; at least 1e-6
    :param hardness: β >= 0: 0 gives equal weights, 1 the paper's weighting
    :param form: "in" or "out"
    :param detach_weights: whether w is a constant for the gradient
    :return: a scalar in nats, float32 (float64 for float64 embeddings)
    :raises ValueError: a parameter out of range, or shapes that do not fit
    """
    _check(temperature=temperature, hardness=hardness, form=form, detach_weights=detach_weights)
    _check_rows("embeddings", embeddings, labels)
    with _without_autocast(embeddings):
        similarities = _Cosines.apply(_normalized(_full_precision(embeddings))) / temperature
        positive, negative = _groups(labels)
        terms = _anchor_terms(similarities, positive, negative, hardness, form, detach_weights)
        has_positive = positive.any(1)
        return (terms * has_positive).sum() / has_positive.sum().clamp_min(1)


def cross_entropy(logits, labels, label_smoothing=0.0):
    """Mean softmax cross-entropy with label smoothing (Szegedy et al. 2016), the first term of CLCE.

    ℓ_i = -Σ_c q_ic log softmax(logits_i)_c with q = (1 - ε) one-hot + ε / classes. No label is ignored: -100 is an
    error.

    :param logits: [n, classes], any floating dtype
    :param labels: [n], whole numbers in [0, classes). On a GPU, PyTorch's own assertion refuses others
    :param label_smoothing: ε in [0, 1)
    :return: a scalar in nats, float32 (float64 for float64 logits)
    :raises ValueError: a smoothing out of range, shapes that do not fit, or (on the CPU) a label out of range
    """
    _check(label_smoothing=label_smoothing)
    _check_rows("logits", logits, labels)
    _check_classes(labels, logits.shape[1])
    with _without_autocast(logits):
        log_probabilities = _Bounded.apply(torch.log_softmax(_full_precision(logits), 1))
        of_labels = log_probabilities.gather(1, labels.long().unsqueeze(1))
        loss = (label_smoothing - 1) * of_labels.mean()
        return loss - label_smoothing * log_probabilities.mean() if label_smoothing > 0 else loss


def positive_share(labels):
    """Share of the rows that have another row with their label, a float32 scalar in [0, 1], for `labels` [n]."""
    return _groups(labels)[0].any(1).float().mean()


def gather_batch(*tensors):
    """The batches of all processes of torch.distributed as one batch, in the order of the ranks, with gradients.

        logits, embeddings, labels = gather_batch(logits, embeddings, labels)

    Every process then computes the loss of the whole batch. The backward pass adds up the gradients of all
    processes, and each process gets its own rows of the sum. With W processes the gradient at its rows is therefore W
    times the gradient of one process with the whole batch. DistributedDataParallel divides by W when it averages, so
    parameters get exactly the gradient of the whole batch: change neither loss nor learning rate. Without
    DistributedDataParallel, average the gradients of the parameters yourself.

    Every process must call the function, the forward and the backward pass, at each step. Half precision is gathered
    as float32. Without a process group, or with one process, the tensors come back as they are.

    :param tensors: [n, …] each, with the same n on every process
    :return: a tuple of tensors [W · n, …]
    :raises ValueError: on all processes, where the numbers of rows differ (drop the incomplete batch)
    """
    if not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
        return tensors
    _check_equal_rows(tensors)
    floating = [_full_precision(x) for x in tensors if x.is_floating_point()]
    gathered = iter(_Gathered.apply(*floating) if floating else ())
    return tuple(next(gathered) if x.is_floating_point() else _all_gather(x) for x in tensors)


class CLCE(nn.Module):
    """`clce` as a criterion: `CLCE(lambda_=0.9)(logits, embeddings, labels)`. Checks parameters at once."""

    def __init__(self, lambda_=0.9, temperature=0.5, hardness=1.0, form="in", detach_weights=False,
                 label_smoothing=0.0):
        super().__init__()
        self.options = _check(lambda_=lambda_, temperature=temperature, hardness=hardness, form=form,
                              detach_weights=detach_weights, label_smoothing=label_smoothing)

    def forward(self, logits, embeddings, labels, parts=False):
        return clce(logits, embeddings, labels, **self.options, parts=parts)

    def extra_repr(self):
        return _in_words(self.options)


class CESupCon(nn.Module):
    """`ce_sup_con` as a criterion: `CESupCon(lambda_=0.9)(logits, embeddings, labels)`. Checks parameters at once."""

    def __init__(self, lambda_=0.9, temperature=0.5, form="out", label_smoothing=0.0):
        super().__init__()
        self.options = _check(lambda_=lambda_, temperature=temperature, form=form, label_smoothing=label_smoothing)

    def forward(self, logits, embeddings, labels, parts=False):
        return ce_sup_con(logits, embeddings, labels, **self.options, parts=parts)

    def extra_repr(self):
        return _in_words(self.options)


class LACLN(nn.Module):
    """`lacln` as a criterion: `LACLN(temperature=0.1)(embeddings, labels)`. Checks parameters at once."""

    def __init__(self, temperature=0.5, hardness=1.0, form="in", detach_weights=False):
        super().__init__()
        self.options = _check(temperature=temperature, hardness=hardness, form=form, detach_weights=detach_weights)

    def forward(self, embeddings, labels):
        return lacln(embeddings, labels, **self.options)

    def extra_repr(self):
        return _in_words(self.options)


def _anchor_terms(similarities, positive, negative, hardness, form, detach_weights):
    """ℓ_i of each anchor, [n]; a finite number for an anchor without positives. See `lacln`."""
    near, near_shift = _shifted(similarities, positive)
    far, far_shift = _shifted(similarities, negative)
    positives, negatives = (group.sum(1).clamp_min(1).to(similarities.dtype) for group in (positive, negative))
    log_positive = _log_sum_exp(near, positive)
    weights = hardness * (far.detach() if detach_weights else far)
    # log Σ_N w e^s = log|N| + log Σ_N e^{(1+β)s} - log Σ_N e^{βs}
    log_negative = negatives.log() + _log_sum_exp(far + weights, negative) - _log_sum_exp(weights, negative)
    # With x = log Σ_N w e^s - log Σ_P e^s: log D = log Σ_P e^s + softplus(x).
    x = (far_shift - near_shift) + (log_negative - log_positive)
    push = F.softplus(x, threshold=40).masked_fill(~negative.any(1), 0)
    if form == "in":
        return positives.log() + push
    return log_positive - near.sum(1) / positives + push


def _shifted(similarities, group):
    """Similarities minus the largest of their anchor within `group`, [n, n], 0 outside it; and these largest, [n]."""
    largest = similarities.detach().masked_fill(~group, -math.inf).amax(1)
    shift = largest.masked_fill(~group.any(1), 0)
    return (similarities - shift.unsqueeze(1)).masked_fill(~group, 0), shift


def _log_sum_exp(exponents, group):
    """log Σ exp over each anchor's `group`, [n]; 0 for an empty one. Exponents [n, n] are <= 0, and 0 outside."""
    sums = exponents.exp().masked_fill(~group, 0).sum(1)
    return (sums + ~group.any(1)).log()


def _groups(labels):
    """Masks [n, n] of positives (the anchor itself is none) and of negatives."""
    equal = labels.unsqueeze(1) == labels.unsqueeze(0)
    return equal & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device), ~equal


# As in PyTorch's `normalize`. A row whose largest magnitude is below it has no useful direction: its gradient is zero.
_SHORTEST_ROW = 1e-12


def _normalized(embeddings):
    """Rows of unit length. Division by the largest magnitude keeps squares from overflowing; a zero row stays zero."""
    largest = embeddings.detach().abs().amax(1, keepdim=True)
    scaled = embeddings / largest.clamp_min(_SHORTEST_ROW)
    unit = scaled / scaled.square().sum(1, keepdim=True).clamp_min(1).sqrt()
    return torch.where(largest < _SHORTEST_ROW, unit.detach(), unit)


class _Cosines(torch.autograd.Function):
    """Z Zᵀ for Z [n, d]. The backward pass may run inside autocast, which would make bfloat16 of its product."""

    @staticmethod
    def forward(ctx, unit):
        ctx.save_for_backward(unit)
        return unit @ unit.t()

    @staticmethod
    def backward(ctx, upstream):
        (unit,) = ctx.saved_tensors
        with _without_autocast(unit):
            return (upstream + upstream.t()) @ unit


# The difference of two finite logits can overflow. A mean over 10⁸ numbers of this size is still finite in float32.
_LOWEST_LOG_PROBABILITY = -1e30


class _Bounded(torch.autograd.Function):
    """Log-probabilities of at least -1e30. The gradient passes unchanged, so that it stays (softmax - q) / n."""

    @staticmethod
    def forward(ctx, log_probabilities):
        return log_probabilities.clamp_min(_LOWEST_LOG_PROBABILITY)

    @staticmethod
    def backward(ctx, upstream):
        return upstream


class _Gathered(torch.autograd.Function):
    """Tensors [n, …] of all processes as [W · n, …]. The adjoint of a gather is a sum over the processes."""

    @staticmethod
    def forward(ctx, *tensors):
        ctx.rows = len(tensors[0])
        return tuple(_all_gather(x) for x in tensors)

    @staticmethod
    def backward(ctx, *upstream):
        own = slice(dist.get_rank() * ctx.rows, (dist.get_rank() + 1) * ctx.rows)
        return tuple(_all_reduce(gradient)[own] for gradient in upstream)


def _all_gather(tensor):
    parts = [torch.empty_like(tensor, memory_format=torch.contiguous_format) for _ in range(dist.get_world_size())]
    dist.all_gather(parts, tensor.contiguous())
    return torch.cat(parts)


def _all_reduce(gradient):
    total = gradient.clone(memory_format=torch.contiguous_format)
    dist.all_reduce(total)
    return total


def _full_precision(tensor):
    return tensor if tensor.dtype == torch.float64 else tensor.float()


def _without_autocast(tensor):
    try:
        return torch.autocast(tensor.device.type, enabled=False)
    except RuntimeError:
        # PyTorch has no autocast for this kind of device, so none is on.
        return contextlib.nullcontext()


def _number(low, high=math.inf, open_end=False):
    def holds(value):
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        return number and value >= low and (value < high if open_end else value <= high)
    return holds


# Similarities are cosines / τ. At τ = 1e-6 their rounding error in float32 is 0.06; below, no digit is correct.
_ALLOWED = {
    "lambda_": (_number(0, 1), "a number in [0, 1]"),
    "temperature": (_number(1e-6), "a finite number > 0 (at least 1e-6)"),
    "hardness": (_number(0), "a finite number >= 0"),
    "form": (lambda value: value in ("in", "out"), '"in" or "out"'),
    "detach_weights": (lambda value: isinstance(value, bool), "True or False"),
    "label_smoothing": (_number(0, 1, open_end=True), "a number in [0, 1)"),
}


def _check(**parameters):
    """The parameters, each in its range. Raises a ValueError that names the parameter, its range and its value."""
    for name, value in parameters.items():
        holds, allowed = _ALLOWED[name]
        if not holds(value):
            raise ValueError(f"{name} must be {allowed}, got {value!r}")
    return parameters


def _check_rows(name, rows, labels):
    if rows.dim() != 2 or rows.numel() == 0 or not rows.is_floating_point():
        raise ValueError(f"{name} must be a non-empty floating tensor of shape [n, features], got {_described(rows)}")
    if labels.dim() != 1 or labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool:
        raise ValueError(f"labels must be a tensor of whole numbers of shape [n], got {_described(labels)}")
    if len(labels) != len(rows):
        raise ValueError(f"labels must be one label for each of the {len(rows)} rows of {name}, got {len(labels)}")


def _check_classes(labels, classes):
    # A GPU would have to wait for this check.
    if labels.device.type != "cpu":
        return
    outside = labels[(labels < 0) | (labels >= classes)]
    if len(outside) > 0:
        raise ValueError(f"labels must be in [0, {classes}), the classes of logits, got {int(outside[0])}: "
                         "no label is ignored")


def _check_equal_rows(tensors):
    rows = [len(x) for x in tensors]
    device = tensors[0].device
    # -1 stands for tensors that differ on one process, so that every process raises and none waits.
    own = torch.tensor([rows[0] if len(set(rows)) == 1 else -1], device=device)
    everywhere = _all_gather(own).tolist()
    if -1 in everywhere or len(set(everywhere)) > 1:
        raise ValueError(f"gather_batch needs the same number of rows in every tensor of every process, got {rows} "
                         f"here and {everywhere} by rank (-1: tensors that differ)")


def _described(tensor):
    return f"{tensor.dtype} {list(tensor.shape)}"


def _in_words(parameters):
    return ", ".join(f"{name}={value!r}" for name, value in parameters.items())
