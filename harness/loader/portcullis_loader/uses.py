"""Owns: what is done with what was loaded, one function for each use, and the table that finds them
by name.

The rows are those of src/portability/use.h. Each function takes the request and what the strategy
loaded, and returns it as the use has left it: of a training, the state with which it went on.
"""

import copy

import torch

from portcullis_loader.formats import Exported, exported
from portcullis_loader.state import Net, model_key, optimizer_key, rng_states
from portcullis_loader.tensors import Unsupported

_CLOSE = 1e-5  # of losses and weights on two devices, relative


def _model_state(loaded):
    key = model_key(loaded)
    return loaded if key is None else loaded[key]


def _kept(tensors):
    """Copies: the step behind this changes what they are copies of."""
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


def _as_used(loaded, net, optimizer=None):
    """`loaded`, with the net's state and the optimizer's in their places."""
    state = _kept(net.state_dict())
    if model_key(loaded) is None:
        return state
    used = {**loaded, model_key(loaded): state}
    if optimizer is not None:
        used[optimizer_key(loaded)] = copy.deepcopy(optimizer.state_dict())
    return used


def _step(net, optimizer, device):
    """The loss of one step of training."""
    optimizer.zero_grad()
    loss = net(net.ones(device))
    loss.backward()
    optimizer.step()
    return loss.item()


def _same_on_the_cpu(net, loss, twin, optimizer):
    """The same step, made on the CPU, must have gone the same way."""
    expected = _step(twin, optimizer, "cpu")
    if abs(loss - expected) > _CLOSE * max(1.0, abs(expected)):
        raise AssertionError(f"the loss of the step is {loss}, on the CPU {expected}")
    for (name, parameter), other in zip(net.named_parameters(), twin.parameters()):
        if not torch.allclose(parameter.detach().cpu().float(), other.detach().float(), rtol=_CLOSE):
            raise AssertionError(f"{name} after the step is not what it is on the CPU")


def _load_into(request, loaded):
    net = Net(_model_state(loaded)).to(request.use_argument)
    net.load_state_dict(_model_state(loaded))
    return _as_used(loaded, net)


def _adam(net, **options):
    return torch.optim.Adam(net.parameters(), lr=0.001, **options)


def _prepared(loaded, device, **options):
    """The net on the device and its optimizer, in the order that keeps them together: load the
    model, move it, build the optimizer, load the optimizer's state."""
    net = Net(_model_state(loaded))
    net.load_state_dict(_model_state(loaded))
    net.to(device)
    optimizer = _adam(net, **options)
    key = optimizer_key(loaded)
    if key is not None:
        state = copy.deepcopy(loaded[key])
        for group in state["param_groups"]:
            group.update(options)
        optimizer.load_state_dict(state)
    return net, optimizer


def _trained(request, loaded, net, optimizer):
    used = _as_used(loaded, net, optimizer if optimizer_key(loaded) is not None else None)
    loss = _step(net, optimizer, request.use_argument)
    _same_on_the_cpu(net, loss, *_prepared(loaded, "cpu"))
    return used


def _train(request, loaded):
    return _trained(request, loaded, *_prepared(loaded, request.use_argument))


def _train_fused(request, loaded):
    return _trained(request, loaded, *_prepared(loaded, request.use_argument, fused=True))


def _train_moved(request, loaded):
    """The net moves when its optimizer has its state already."""
    net, optimizer = _prepared(loaded, "cpu")
    net.to(request.use_argument)
    return _trained(request, loaded, net, optimizer)


def _train_assigned(request, loaded):
    """The optimizer's state is put there as it was loaded, not by load_state_dict()."""
    key = optimizer_key(loaded)
    if key is None:
        raise Unsupported("it holds no state of an optimizer")
    net = Net(_model_state(loaded))
    net.load_state_dict(_model_state(loaded))
    net.to(request.use_argument)
    optimizer = _adam(net, fused=True)
    for number, parameter in enumerate(net.parameters()):
        optimizer.state[parameter] = copy.deepcopy(loaded[key]["state"][number])
    return _trained(request, loaded, net, optimizer)


def _resume(request, loaded):
    net, optimizer = _prepared(loaded, request.use_argument)
    cpu, gpus = _states(loaded)
    torch.set_rng_state(cpu)
    torch.cuda.set_rng_state_all(gpus)
    return _resumed(request, loaded, net, optimizer, cpu, gpus)


def _resume_counted(request, loaded):
    """As resume, with RNG states on the CPU and no more of them than there are GPUs."""
    net, optimizer = _prepared(loaded, request.use_argument)
    cpu, gpus = _states(loaded)
    cpu, gpus = cpu.cpu(), [state.cpu() for state in gpus[:torch.cuda.device_count()]]
    torch.set_rng_state(cpu)
    torch.cuda.set_rng_state_all(gpus)
    return _resumed(request, loaded, net, optimizer, cpu, gpus)


def _states(loaded):
    cpu, gpus = rng_states(loaded) if model_key(loaded) is not None else (None, [])
    if cpu is None:
        raise Unsupported("it holds no RNG states")
    return cpu, gpus


def _resumed(request, loaded, net, optimizer, cpu, gpus):
    """The generators must go on from what was saved."""
    expected = torch.rand(4, generator=_generator("cpu", cpu))
    if not torch.equal(torch.rand(4), expected):
        raise AssertionError("the CPU's generator does not go on from the saved state")
    for number, state in enumerate(gpus if torch.cuda.is_available() else []):
        device = f"cuda:{number}"
        expected = torch.rand(4, device=device, generator=_generator(device, state))
        if not torch.equal(torch.rand(4, device=device), expected):
            raise AssertionError(f"the generator of {device} does not go on from the saved state")
    return _trained(request, loaded, net, optimizer)


def _generator(device, state):
    generator = torch.Generator(device)
    generator.set_state(state)
    return generator


class _OneRow(torch.nn.DataParallel):
    """DataParallel of one row, which no second GPU gets a part of: its checks, without the copies of
    the module that NCCL would make."""

    def replicate(self, module, device_ids):
        return [module]


def _data_parallel(request, loaded):
    net = Net(_model_state(loaded))
    net.load_state_dict(_model_state(loaded))
    net.to(request.use_argument)
    with torch.no_grad():
        _OneRow(net)(net.ones("cpu"))
    return _as_used(loaded, net)


def _devices_in(value):
    if isinstance(value, torch.device):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from _devices_in(child)
    elif isinstance(value, (list, tuple)):
        for child in value:
            yield from _devices_in(child)


def _stored_device(request, loaded):
    device = next(_devices_in(loaded), None)
    if device is None:
        raise Unsupported("it holds no torch.device")
    net = Net(_model_state(loaded))
    net.load_state_dict(_model_state(loaded))
    net.to(device)
    return loaded


def _called(request, module):
    if request.format != "torchscript":
        raise Unsupported("only a TorchScript module and an exported program can be called; "
                          f"this is {request.format}")
    if request.example is None:
        raise Unsupported("no example input to call the module with is known")
    dtype = getattr(torch, request.example.dtype)
    module.eval()
    with torch.no_grad():
        module(torch.zeros(request.example.shape, dtype=dtype).to(request.use_argument))
    return module


def _exported_called(request, program, module):
    """With the inputs that it was exported with, on the device."""
    args, kwargs = torch.utils._pytree.tree_map_only(
        torch.Tensor, lambda tensor: tensor.to(request.use_argument), program.example_inputs)
    with torch.no_grad():
        module(*args, **kwargs)
    return Exported(program, module.state_dict(), (args, kwargs))


def _call(request, loaded):
    if isinstance(loaded, Exported):
        return _exported_called(request, loaded.program, loaded.program.module())
    return _called(request, loaded)


def _move_and_call(request, loaded):
    if isinstance(loaded, Exported):
        module = loaded.program.module().to(request.use_argument)
        return _exported_called(request, loaded.program, module)
    return _called(request, loaded.to(request.use_argument)
                   if isinstance(loaded, torch.nn.Module) else loaded)


def _move_program_and_call(request, loaded):
    if not isinstance(loaded, Exported):
        raise Unsupported(f"only an exported program has its devices in a graph; this is {request.format}")
    from torch.export.passes import move_to_device_pass
    program = move_to_device_pass(loaded.program, request.use_argument)
    return _exported_called(request, program, program.module())


USES = {
    "load-into": _load_into,
    "train": _train,
    "train-fused": _train_fused,
    "train-moved": _train_moved,
    "train-assigned": _train_assigned,
    "resume": _resume,
    "resume-counted": _resume_counted,
    "data-parallel": _data_parallel,
    "stored-device": _stored_device,
    "call": _call,
    "move-and-call": _move_and_call,
    "move-program-and-call": _move_program_and_call,
}


def perform(request, loaded):
    """What was loaded, as the use has left it. Raises whatever PyTorch raises, and Unsupported."""
    # The threads of autograd mend the thread pool that a fork has broken, and may meet in it
    # (caffe2::pthreadpool, PyTorch 2.11): mended before there are any.
    torch.set_num_threads(1)
    return USES[request.use](request, loaded)
