"""Owns: calls of the operators that PyTorch has for CUDA alone, and what they compute, said with
operators that the CPU has. Name → (arguments, keyword arguments, reference)."""

import torch
from torch.nn import functional as F

_random = torch.Generator().manual_seed(3)


def _f(*shape):
    return torch.randn(*shape, generator=_random)


def _cell(kind, gates, *state):
    """One step of a recurrent cell whose gates are given: identity weights pass them through."""
    size = gates.shape[1]
    hidden = state[0].shape[1]
    zero = torch.zeros(size, hidden)
    return kind(gates, state if len(state) > 1 else state[0], torch.eye(size), zero)


def _lstm(input_gates, hidden_gates, cx, *biases):
    gates = input_gates + hidden_gates + sum(biases)
    hy, cy = _cell(torch.lstm_cell, gates, torch.zeros_like(cx), cx)
    i, f, g, o = gates.chunk(4, 1)
    return hy, cy, torch.cat([i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()], 1)


def _lstm_backward(grad_hy, grad_cy, cx, cy, workspace, has_bias):
    def inverse(x):
        return (x / (1 - x)).log()
    i, f, g, o = workspace.chunk(4, 1)
    gates = torch.cat([inverse(i), inverse(f), torch.atanh(g), inverse(o)], 1).requires_grad_()
    cx = cx.clone().requires_grad_()
    hy, new_cy, _ = _lstm(gates, torch.zeros_like(gates), cx, torch.zeros(gates.shape[1]))
    to_gates, to_cx = torch.autograd.grad([hy, new_cy], [gates, cx], [grad_hy, grad_cy])
    return to_gates, to_cx, to_gates.sum(0)


def _gru(input_gates, hidden_gates, hx, input_bias, hidden_bias):
    ir, iz, n = (input_gates + input_bias).chunk(3, 1)
    hr, hz, hn = (hidden_gates + hidden_bias).chunk(3, 1)
    r, z = (ir + hr).sigmoid(), (iz + hz).sigmoid()
    n = (n + r * hn).tanh()
    return n + z * (hx - n), torch.cat([r, z, n, hx, hn], 1)


def _gru_backward(grad_hy, workspace, has_bias):
    r, z, n, hx, hn = (t.clone() for t in workspace.chunk(5, 1))
    logit = [(x / (1 - x)).log() for x in (r, z)]
    gates = torch.cat([*logit, torch.atanh(n) - r * hn], 1).requires_grad_()
    hidden = torch.cat([torch.zeros_like(r), torch.zeros_like(r), hn], 1).requires_grad_()
    hx = hx.requires_grad_()
    none = torch.zeros(gates.shape[1])
    to = torch.autograd.grad(_gru(gates, hidden, hx, none, none)[0], [gates, hidden, hx], grad_hy)
    return (*to, to[0].sum(0), to[1].sum(0))


def _gru_workspace():
    return torch.cat([_f(2, 3).sigmoid(), _f(2, 3).sigmoid(), _f(2, 3).tanh(), _f(2, 3), _f(2, 3)], 1)


def _attention(q, k, v, bias=None, *_):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=bias)


def _attention_backward(gradient, q, k, v, bias=None, causal=False):
    leaves = [t.clone().requires_grad_() for t in (q, k, v)]
    if bias is not None:
        leaves.append(bias.clone().requires_grad_())
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        output = F.scaled_dot_product_attention(*leaves[:3], leaves[3] if bias is not None else None,
                                                is_causal=causal)
    return torch.autograd.grad(output, leaves, gradient)


def _saved(q, k, v, bias=None, causal=False):
    """What the forward pass hands to the backward pass."""
    return torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
        q, k, v, 0.0, causal, attn_mask=bias)


def _qkv():
    return [_f(2, 2, 5, 8) for _ in range(3)]


_Q, _CX = _qkv(), _f(2, 3)
_G, _B = _f(2, 2, 5, 8), _f(2, 2, 5, 5)
_SEED, _NONE = torch.tensor(0), torch.empty(0, dtype=torch.int64)
_X, _W, _GRAD = _f(4, 3, 5), _f(3), _f(4, 3, 5)


def _statistics(x, eps=1e-5):
    return x.mean([0, 2]), (x.var([0, 2], unbiased=False) + eps).rsqrt()


def _batch_norm_gradients(x, gradient, weight, eps=1e-5):
    leaves = [x.clone().requires_grad_(), weight.clone().requires_grad_(),
              torch.zeros(3, requires_grad=True)]
    return torch.autograd.grad(F.batch_norm(leaves[0], None, None, *leaves[1:], True, 0.1, eps),
                               leaves, gradient)


def _elemt_reference(gradient, x, *_):
    return _batch_norm_gradients(x, gradient, _W)[0]


_MEAN, _INV = _statistics(_X)
_CENTRED = _X - _MEAN.reshape(1, 3, 1)
_SUM, _PRODUCT = _GRAD.sum([0, 2]), (_GRAD * _CENTRED).sum([0, 2])
_HALVES = [_statistics(h) for h in (_X[:2], _X[2:])]
_MEANS = torch.stack([h[0] for h in _HALVES])
_INVERSES = torch.stack([h[1] for h in _HALVES])
_I, _K = _f(2, 4, 6, 6), _f(3, 4, 3, 3)
_GRID = torch.rand(2, 3, 3, 2, generator=_random).mul_(2).sub_(1)
_LABELS = torch.tensor([[1, 2], [3, 4]])
_PAIR = ([1, 1], [2, 2], [1, 1])
_HALF = [t.half() for t in (_f(3, 4), _f(4, 2))]
_BATCH = [t.half() for t in (_f(2, 3, 4), _f(2, 4, 2))]


def _into_output(call, shape, dtype=torch.float32):
    """The same call with an output."""
    args, _, reference = call
    return args, {"out": torch.empty(shape, dtype=dtype)}, reference


def _products(name, args, reference):
    call = (args + [torch.float32], {}, reference)
    return {f"aten::{name}.dtype": call,
            f"aten::{name}.dtype_out": _into_output(call, reference(*call[0]).shape)}


def _rms_gradients(gradient, x, shape, inverse, weight, *_):
    leaves = [x.clone().requires_grad_(), weight.clone().requires_grad_()]
    return torch.autograd.grad(F.rms_norm(leaves[0], shape, leaves[1], 1e-5), leaves, gradient)


def _grid_gradients(x, grid, gradient):
    leaves = [x.clone().requires_grad_(), grid.clone().requires_grad_()]
    return torch.autograd.grad(F.grid_sample(*leaves, align_corners=True), leaves, gradient)


def _affine_gradient(gradient, *shape):
    theta = torch.zeros(shape[0], 2, 3, requires_grad=True)
    return torch.autograd.grad(F.affine_grid(theta, shape, align_corners=True), theta, gradient)


def _no(*_):
    return False


CALLS = {
    "aten::_thnn_fused_lstm_cell": ([_f(2, 12), _f(2, 12), _f(2, 3), _f(12), _f(12)], {}, _lstm),
    "aten::_thnn_fused_lstm_cell_backward_impl": (
        [_f(2, 3), _f(2, 3), _CX, *_lstm(_f(2, 12), _f(2, 12), _CX, torch.zeros(12))[1:], True], {},
        _lstm_backward),
    "aten::_thnn_fused_gru_cell": ([_f(2, 9), _f(2, 9), _f(2, 3), _f(9), _f(9)], {}, _gru),
    "aten::_thnn_fused_gru_cell_backward": ([_f(2, 3), _gru_workspace(), True], {}, _gru_backward),
    "aten::_scaled_dot_product_efficient_attention": ([*_Q, _B, True], {}, _attention),
    "aten::_scaled_dot_product_flash_attention": (_Q, {}, _attention),
    "aten::_scaled_dot_product_cudnn_attention": ([*_Q, _B, True], {}, _attention),
    "aten::_scaled_dot_product_efficient_attention_backward": (
        [_G, *_Q, _B, *_saved(*_Q, _B), _SEED, _SEED, 0.0, [True] * 4], {},
        lambda g, q, k, v, b, *_: _attention_backward(g, q, k, v, b)),
    "aten::_scaled_dot_product_flash_attention_backward": (
        [_G, *_Q, *_saved(*_Q, None, True), _NONE, _NONE, 5, 5, 0.0, True, _SEED, _SEED], {},
        lambda g, q, k, v, *_: _attention_backward(g, q, k, v, None, True)),
    "aten::_scaled_dot_product_cudnn_attention_backward": (
        [_G, *_Q, *_saved(*_Q), _SEED, _SEED, torch.empty(0), _NONE, _NONE, 5, 5, 0.0, False], {},
        lambda g, q, k, v, *_: _attention_backward(g, q, k, v)),
    "aten::cudnn_batch_norm": ([_X, _W, _f(3), torch.zeros(3), torch.ones(3), True, 0.1, 1e-5], {},
                               lambda *a: torch.native_batch_norm(*a)),
    "aten::cudnn_batch_norm_backward": (
        [_X, _GRAD, _W, None, None, _MEAN, _INV, 1e-5, torch.empty(0, dtype=torch.uint8)], {},
        lambda x, g, w, *_: _batch_norm_gradients(x, g, w)),
    "aten::batch_norm_stats": ([_X, 1e-5], {}, _statistics),
    "aten::batch_norm_elemt": ([_X, _W, _f(3), _MEAN, _INV, 1e-5], {},
                               lambda x, w, b, *_: F.batch_norm(x, None, None, w, b, True)),
    "aten::batch_norm_gather_stats": (
        [_X, _MEANS, _INVERSES, torch.zeros(3), torch.ones(3), 0.1, 1e-5, 10], {},
        lambda x, m, i, rm, rv, *_: (F.batch_norm(x, rm, rv, training=True), _statistics(x))[1]),
    "aten::batch_norm_gather_stats_with_counts": (
        [_X, _MEANS, _INVERSES, torch.zeros(3), torch.ones(3), 0.1, 1e-5, torch.tensor([10.0, 10.0])],
        {}, lambda x, m, i, rm, rv, *_: (F.batch_norm(x, rm, rv, training=True), _statistics(x))[1]),
    "aten::batch_norm_backward_reduce": (
        [_GRAD, _X, _MEAN, _INV, _W, True, True, True], {},
        lambda g, x, m, i, w, *_: (_SUM, _PRODUCT, *_batch_norm_gradients(x, g, w)[1:])),
    "aten::batch_norm_backward_elemt": (
        [_GRAD, _X, _MEAN, _INV, _W, _SUM, _PRODUCT, torch.tensor([20], dtype=torch.int32)], {},
        _elemt_reference),
    "aten::cudnn_convolution": ([_I, _K, *_PAIR, 1, False, False, True], {},
                                lambda x, w, p, s, d, *_: F.conv2d(x, w, None, s, p, d)),
    "aten::cudnn_convolution_transpose": (
        [_f(2, 3, 4, 4), _K, [1, 1], [0, 0], [2, 2], [1, 1], 1, False, False, True], {},
        lambda x, w, p, o, s, *_: F.conv_transpose2d(x, w, None, s, p, o)),
    "aten::cudnn_convolution_relu": ([_I, _K, _f(3), [2, 2], [1, 1], [1, 1], 1], {},
                                     lambda x, w, b, s, p, d, g: F.conv2d(x, w, b, s, p, d).relu()),
    "aten::cudnn_convolution_add_relu": (
        [_I, _K, _f(2, 3, 3, 3), 0.5, _f(3), [2, 2], [1, 1], [1, 1], 1], {},
        lambda x, w, z, a, b, s, p, d, g: (F.conv2d(x, w, b, s, p, d) + a * z).relu()),
    "aten::_conv_depthwise2d": (
        [_I, _f(8, 1, 3, 3), [3, 3], _f(8), [2, 2], [1, 1], [1, 1]], {},
        lambda x, w, k, b, s, p, d: F.conv2d(x, w, b, s, p, d, groups=4)),
    "aten::conv_depthwise3d": (
        [_f(1, 2, 5, 5, 5), _f(2, 1, 3, 3, 3), [3] * 3, _f(2), [1] * 3, [1] * 3, [1] * 3], {},
        lambda x, w, k, b, s, p, d: F.conv3d(x, w, b, s, p, d, groups=2)),
    "aten::_masked_scale": ([_f(4), torch.tensor([0, 1, 1, 0], dtype=torch.uint8), 2.0], {},
                            lambda x, mask, scale: x * mask * scale),
    **_products("mm", _HALF, lambda a, b, t: a.to(t) @ b.to(t)),
    **_products("bmm", _BATCH, lambda a, b, t: a.to(t) @ b.to(t)),
    **_products("addmm", [_f(3, 2), *_HALF], lambda c, a, b, t: c + a.to(t) @ b.to(t)),
    "aten::_fused_rms_norm_backward": (
        [_GRAD, _X, [5], (_X.pow(2).mean(-1, keepdim=True) + 1e-5).rsqrt(), _f(5), [True, True]], {},
        _rms_gradients),
    "aten::cudnn_grid_sampler": ([_I, _GRID], {}, lambda x, g: F.grid_sample(x, g, align_corners=True)),
    "aten::cudnn_grid_sampler_backward": ([_I, _GRID, _f(2, 4, 3, 3)], {}, _grid_gradients),
    "aten::cudnn_affine_grid_generator": (
        [_f(2, 2, 3), 2, 4, 3, 3], {},
        lambda t, *shape: F.affine_grid(t, shape, align_corners=True)),
    "aten::cudnn_affine_grid_generator_backward": (
        [_f(2, 3, 3, 2), 2, 4, 3, 3], {}, _affine_gradient),
    "aten::_cudnn_rnn_flatten_weight": (
        [[_f(2, 3), _f(4)], 2, 3, 2, 1, 0, 1, False, False], {},
        lambda weights, *_: torch.cat([w.flatten() for w in weights])),
    **{f"aten::_use_{library}_ctc_loss{overload}": (
        [_f(6, 2, 5).log_softmax(2), _LABELS, *lengths, 0], {}, _no)
       for library in ("cudnn", "miopen")
       for overload, lengths in (("", [[6, 6], [2, 2]]), (".Tensor", [_LABELS[0], _LABELS[1]]))},
    **_products("baddbmm", [_f(2, 3, 2), *_BATCH], lambda c, a, b, t: c + a.to(t) @ b.to(t)),
}
CALLS |= {f"aten::{name}": _into_output(CALLS[f"aten::{name.removesuffix('.out')}"], shape)
          for name, shape in (("batch_norm_elemt.out", _X.shape), ("cudnn_convolution.out", (2, 3, 3, 3)),
                              ("_conv_depthwise2d.out", (2, 8, 3, 3)))}
# Random: nothing to compare with, but the same for the same seed, and what it says it is.
RANDOM = {
    "aten::_fused_dropout": ([torch.ones(40), 0.5], {}),
}
