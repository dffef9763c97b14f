"""Owns: finding, in whatever was loaded, the model's state_dict, the optimizer's and the RNG states,
by the names that training programs give them.
"""

import collections.abc

import torch

from portcullis_loader.tensors import Unsupported

_MODEL_NAMES = ("model", "state_dict", "model_state_dict", "net", "weights")


def _is_state_dict(value):
    return (isinstance(value, collections.abc.Mapping) and len(value) > 0
            and all(isinstance(tensor, torch.Tensor) for tensor in value.values()))


def _is_optimizer(value):
    return isinstance(value, collections.abc.Mapping) and {"state", "param_groups"} <= value.keys()


def model_key(loaded):
    """The key of the model's state_dict; None if `loaded` is that itself. Raises Unsupported."""
    if _is_state_dict(loaded):
        return None
    if isinstance(loaded, collections.abc.Mapping):
        for name in _MODEL_NAMES:
            if _is_state_dict(loaded.get(name)):
                return name
    raise Unsupported("it holds no state_dict, by itself or under " + ", ".join(_MODEL_NAMES))


def optimizer_key(loaded):
    """The key of an optimizer's state_dict, or None."""
    if _is_state_dict(loaded):
        return None
    return next((key for key, value in loaded.items() if _is_optimizer(value)), None)


def _is_rng_state(value):
    return isinstance(value, torch.Tensor) and value.dtype == torch.uint8 and value.dim() == 1


def rng_states(loaded):
    """(the CPU's state or None, [a state for each GPU]): what stands under a name with "rng" in it."""
    cpu, gpus = None, []
    for key, value in loaded.items():
        if "rng" not in str(key):
            continue
        for found in value.values() if isinstance(value, collections.abc.Mapping) else [value]:
            if _is_rng_state(found):
                cpu = found
            elif isinstance(found, (list, tuple)) and all(map(_is_rng_state, found)):
                gpus = list(found)
    return cpu, gpus


class Net(torch.nn.Module):
    """A net with the names and shapes of a state_dict, filled with zeros on the CPU.

    Weights and biases, by name, are parameters and everything else is a buffer; tensors that share
    their memory are one parameter. The forward pass sends a row of ones through each matrix.
    """

    def __init__(self, state):
        super().__init__()
        made = {}
        for name, tensor in state.items():
            *path, last = name.split(".")
            owner = self
            for part in path:
                if part not in owner._modules:
                    owner.add_module(part, torch.nn.Module())
                owner = owner._modules[part]
            if last in ("weight", "bias") and tensor.is_floating_point():
                same = (tensor.data_ptr(), tuple(tensor.shape), tensor.device) if tensor.numel() else name
                if same not in made:
                    made[same] = torch.nn.Parameter(torch.zeros(tensor.shape, dtype=tensor.dtype))
                owner.register_parameter(last, made[same])
            else:
                owner.register_buffer(last, torch.zeros(tensor.shape, dtype=tensor.dtype))

    def forward(self, ones):
        """`ones`: one row of ones, as long as the widest matrix."""
        found = []
        for module in self.modules():
            weight, bias = module._parameters.get("weight"), module._parameters.get("bias")
            if weight is not None and weight.dim() == 2:
                found.append(torch.nn.functional.linear(ones[:, :weight.shape[1]], weight, bias))
            elif weight is not None:
                found.append(ones[:, :1] * weight.flatten() + (0 if bias is None else bias.flatten()))
        if not found:
            raise Unsupported("its state_dict has no weight to compute with")
        return torch.stack([(outcome * outcome).mean() for outcome in found]).sum()

    def ones(self, device):
        widest = max((p.shape[1] for p in self.parameters() if p.dim() == 2), default=1)
        return torch.ones(1, widest).to(device)
