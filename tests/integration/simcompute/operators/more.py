"""Owns: calls that nobody records: what an operator does with them on the CPU it must do on a
simulated GPU. Name → (arguments, keyword arguments). And the operators that no call can be made of."""

import torch

_random = torch.Generator().manual_seed(4)


def _f(*shape):
    return torch.rand(*shape, generator=_random).mul_(0.8).add_(0.1)


def _lists(count):
    return [[_f(3), _f(3)] for _ in range(count)]


def _steps():
    return [torch.tensor(1.0), torch.tensor(1.0)]


def _adam():
    return ([*_lists(4), [], _steps()],
            {"lr": torch.tensor(0.1), "beta1": 0.9, "beta2": 0.99, "weight_decay": 0.01, "eps": 1e-8,
             "amsgrad": False, "maximize": False})


_BYTES = torch.arange(24, dtype=torch.uint8).reshape(2, 12)
_MASK = torch.tensor([[True, True, False], [True, False, False]])
_SIZES = torch.tensor([[2, 4], [1, 4]])
_ROWS = torch.ops.quantized.embedding_bag_byte_prepack(_f(3, 4))
_HALF_ROWS = torch.ops.quantized.embedding_bag_4bit_prepack(_f(3, 4))
_BAG = ([torch.tensor([0, 2, 1]), torch.tensor([0, 2])], {"include_last_offset": False})

CALLS = {
    "aten::_fused_adam_.tensor_lr": _adam(),
    "aten::_fused_adamw_.tensor_lr": _adam(),
    "aten::_fused_sgd_.tensor_lr": (
        _lists(3), {"weight_decay": 0.0, "momentum": 0.9, "lr": torch.tensor(0.1), "dampening": 0.0,
                    "nesterov": False, "maximize": False, "is_first_step": False}),
    "aten::_fused_adagrad_.tensor_lr": (
        [*_lists(3), _steps()], {"lr": torch.tensor(0.1), "lr_decay": 0.0, "weight_decay": 0.0,
                                 "eps": 1e-8, "maximize": False}),
    "aten::_fused_rms_norm": ([_f(3, 4), [4], _f(4), 1e-5], {}),
    "aten::_fused_sdp_choice": ([_f(1, 2, 3, 4)] * 3, {}),
    "aten::_grouped_mm": (
        [_f(16, 16).bfloat16(), _f(2, 16, 16).bfloat16(), torch.tensor([8, 16], dtype=torch.int32)],
        {}),
    "aten::_make_per_tensor_quantized_tensor": ([_BYTES, 0.1, 0], {}),
    "aten::_make_per_channel_quantized_tensor": (
        [_BYTES, _f(2), torch.zeros(2, dtype=torch.int64), 0], {}),
    "aten::_nested_compute_contiguous_strides_offsets": ([_SIZES], {}),
    "aten::_nested_from_padded": ([_f(2, 2, 4), _SIZES], {}),
    "aten::_nested_tensor_from_mask": ([_f(2, 3, 4), _MASK], {}),
    "aten::_nested_tensor_from_mask_left_aligned": ([_f(2, 3, 4), _MASK], {}),
    "aten::_nested_view_from_buffer": (
        [_f(12), _SIZES, torch.tensor([[4, 1], [4, 1]]), torch.tensor([0, 8])], {}),
    "aten::_scaled_mm": (
        [_f(16, 16).to(torch.float8_e4m3fn), _f(16, 16).to(torch.float8_e4m3fn).t(),
         torch.tensor(1.0), torch.tensor(1.0)], {"out_dtype": torch.bfloat16}),
    "aten::_scaled_mm.out": (
        [_f(16, 16).to(torch.float8_e4m3fn), _f(16, 16).to(torch.float8_e4m3fn).t(),
         torch.tensor(1.0), torch.tensor(1.0)],
        {"out_dtype": torch.bfloat16, "out": torch.empty(16, 16, dtype=torch.bfloat16)}),
    "aten::addmm_": ([_f(3, 2), _f(3, 4), _f(4, 2)], {}),
    "aten::dequantize.self": ([_f(4)], {}),
    "aten::quantize_per_tensor.tensor_qparams": (
        [_f(4), torch.tensor(0.1), torch.tensor(0), torch.quint8], {}),
    "quantization::_FloatToBfloat16Quantized": ([_f(2, 4)], {}),
    "quantization::_Bfloat16QuantizedToFloat": (
        [torch.ops.quantization._FloatToBfloat16Quantized(_f(2, 4))], {}),
    "quantized::embedding_bag_byte_unpack": ([_ROWS], {}),
    "quantized::embedding_bag_4bit_unpack": ([_HALF_ROWS], {}),
    "quantized::embedding_bag_byte_rowwise_offsets": ([_ROWS, *_BAG[0]], _BAG[1]),
    "quantized::embedding_bag_4bit_rowwise_offsets": ([_HALF_ROWS, *_BAG[0]], _BAG[1]),
}

NO_CALL = {
    "aten::sspaddmm.out": "takes sparse tensors alone, and PyTorch has no CUDA kernel for them either",
    "symm_mem::nccl_put_signal": "takes a handle of memory that several processes share through NCCL",
}
