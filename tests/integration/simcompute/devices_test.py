"""Owns: a simulated GPU that computes is still a device of its own: what may not meet is refused in
PyTorch's words, results live there, are counted there, and the host cannot reach them."""

import ctypes
import unittest

from computing import computing

import torch
from torch.nn import functional


def text_of(function):
    """What it raises, or "" if nothing."""
    try:
        function()
    except Exception as error:  # whatever it is, the test compares its text
        return f"{type(error).__name__}: {error}"
    return ""


class Mixing(unittest.TestCase):
    SAME = "RuntimeError: Expected all tensors to be on the same device, but "

    def texts(self, *functions, **host):
        outcome = computing(lambda: [text_of(function) for function in functions], **host)
        self.assertIsNotNone(outcome.value, outcome.stderr)
        return outcome.value

    def test_is_refused_where_tensor_iterator_refuses_it(self):
        found = self.texts(
            lambda: torch.ones(2).cuda() + torch.ones(2),
            lambda: torch.ones(2) * torch.ones(2).cuda(),
            lambda: torch.ones(2).cuda(0) + torch.ones(2).cuda(1),
            lambda: torch.ones(2).cuda().add_(torch.ones(2)))
        self.assertEqual(found, [
            self.SAME + "found at least two devices, cuda:0 and cpu!",
            self.SAME + "found at least two devices, cuda:0 and cpu!",
            self.SAME + "found at least two devices, cuda:0 and cuda:1!",
            self.SAME + "found at least two devices, cuda:0 and cpu!"])

    def test_is_refused_with_the_name_of_the_argument(self):
        found = self.texts(
            lambda: torch.ones(2, 2).cuda() @ torch.ones(2, 2),
            lambda: functional.linear(torch.ones(1, 2).cuda(), torch.ones(3, 2), torch.ones(3)),
            lambda: torch.cat([torch.ones(2).cuda(0), torch.ones(2).cuda(1)]),
            lambda: torch.ones(3).cuda().index_select(0, torch.tensor([0])))
        for text, argument, wrapper in zip(
                found, ("mat2 is on cpu", "mat1 is on cuda:0", "tensors is on cuda:1",
                        "index is on cpu"), ("mm", "addmm", "cat", "_index_select")):
            self.assertIn(argument, text)
            self.assertTrue(text.startswith(self.SAME), text)
            self.assertIn(f"in method wrapper_CUDA_{wrapper})", text)

    def test_of_numbers_that_are_cpu_tensors_is_allowed(self):
        def compute():
            x = torch.ones(2).cuda()
            return [(x * torch.tensor(3.0)).tolist(), (torch.tensor(1.0) - x).tolist(),
                    torch.where(x > 0, x, torch.tensor(0.0)).tolist(),
                    x[torch.tensor([1])].tolist()]
        self.assertEqual(computing(compute).value, [[3, 3], [0, 0], [1, 1], [1]])

    def test_of_recurrent_layers_and_their_states_is_refused(self):
        def run():
            layer = torch.nn.LSTM(2, 3).cuda()
            layer(torch.ones(1, 1, 2).cuda(), (torch.zeros(1, 1, 3), torch.zeros(1, 1, 3)))
        self.assertIn("Input and hidden tensors are not at the same device, found input tensor at "
                      "cuda:0 and hidden tensor at cpu", self.texts(run)[0])

    def test_of_generators_is_refused(self):
        found = self.texts(lambda: torch.ones(3).cuda().normal_(generator=torch.Generator()))
        self.assertIn("Expected a 'cuda' device type for generator but found 'cpu'", found[0])

    def test_of_lists_goes_tensor_by_tensor(self):
        def compute():
            ones = [torch.ones(2).cuda(0), torch.ones(2).cuda(1)]
            return [(str(t.device), t.tolist()) for t in torch._foreach_add(ones, 1)]
        self.assertEqual(computing(compute).value, [["cuda:0", [2, 2]], ["cuda:1", [2, 2]]])


class Results(unittest.TestCase):
    def test_cannot_be_touched_by_the_host(self):
        outcome = computing(lambda: ctypes.string_at((torch.ones(4).cuda() + 1).data_ptr(), 16))
        self.assertEqual(outcome.signal, "SIGSEGV")

    def test_are_counted_as_memory_of_their_device(self):
        def compute():
            x = torch.ones(1 << 20).cuda(1)
            torch.cuda.reset_peak_memory_stats(1)
            before = torch.cuda.memory_allocated(1)
            y = x + 1
            after = torch.cuda.memory_allocated(1)
            del y
            return [after - before, torch.cuda.memory_allocated(1) - before,
                    torch.cuda.max_memory_allocated(1) - before, torch.cuda.memory_allocated(0)]
        made, left, peak, elsewhere = computing(compute).value
        self.assertEqual((made, left, elsewhere), (4 << 20, 0, 0))
        self.assertLessEqual(abs(peak - (4 << 20)), 4096, "what is small may come and go beside it")

    def test_may_be_too_large_for_their_device(self):
        from host_file import device
        text = computing(lambda: text_of(lambda: torch.ones(12 << 20).cuda() + 1),
                         devices=[device("Small", 0.0625)]).value
        self.assertIn("OutOfMemoryError: CUDA out of memory. Tried to allocate 48.00 MiB.", text)

    def test_take_the_place_of_what_they_are_written_to(self):
        def compute():
            x = torch.arange(6.0).cuda()
            view, address = x[1:4], x.data_ptr()
            view.mul_(10)
            out = torch.empty(0, device="cuda")
            torch.add(x, 1, out=out)
            rows = torch.zeros(2, 3, device="cuda")
            rows.t()[1].copy_(torch.tensor([7.0, 8.0]))
            return [x.tolist(), view.data_ptr() - address, out.tolist(), rows.tolist(),
                    x.reshape(2, 3).t().contiguous().tolist(), x.view(2, 3).t().sum(0).tolist()]
        self.assertEqual(computing(compute).value, [
            [0, 10, 20, 30, 4, 5], 4, [1, 11, 21, 31, 5, 6], [[0, 7, 0], [0, 8, 0]],
            [[0, 30], [10, 4], [20, 5]], [30, 39]])

    def test_keep_the_strides_that_pytorch_gives_them(self):
        def strides():
            x = torch.ones(2, 3, 4, 4).to(memory_format=torch.channels_last)
            layer = torch.nn.Conv2d(3, 5, 3)
            return [[(t + 1).stride(), layer.to(t.device)(t).stride(), t.transpose(1, 2).exp().stride()]
                    for t in (x, x.cuda())]
        cpu, cuda = computing(strides).value
        self.assertEqual(cpu, cuda)

    def test_are_computed_in_dtypes_that_the_cpu_lacks_and_cuda_has(self):
        """As the wide dtype computes them, made narrow; in place and into outputs too."""
        def compute():
            def close(narrow, wide):
                return (str(narrow.dtype) + " " + str(narrow.device),
                        torch.allclose(narrow.to(wide.dtype).cpu(), wide, rtol=1e-2, atol=1e-2))
            random = torch.Generator().manual_seed(2)
            x, z = (torch.rand(2, 2, 4, 4, 4, generator=random, dtype=d)
                    for d in (torch.float32, torch.complex64))
            half, bfloat, complex_half = x.half().cuda(), x.bfloat16().cuda(), z.cuda().to(torch.complex32)
            with_out = torch.empty(0, dtype=torch.float16, device="cuda")
            torch.ops.aten.avg_pool3d.out(half, [2, 2, 2], out=with_out)
            changed = complex_half.clone()
            changed.exp_()
            leaf = half.clone().requires_grad_()
            functional.avg_pool3d(leaf, 2).sum().backward()
            return [close(functional.avg_pool3d(half, 2), functional.avg_pool3d(x, 2)),
                    close(functional.avg_pool3d(bfloat, 2), functional.avg_pool3d(x, 2)),
                    close(with_out, functional.avg_pool3d(x, 2)),
                    close(leaf.grad, torch.full_like(x, 0.125)),
                    close(half[0, 0, 0].trace(), x[0, 0, 0].trace()),
                    close(complex_half.sin(), z.sin()), close(changed, z.exp()),
                    close(torch.fft.rfft(half), torch.fft.rfft(x)),
                    close(torch.fft.fft(complex_half), torch.fft.fft(z)),
                    close(torch.fft.irfft(complex_half), torch.fft.irfft(z)),
                    close(functional.multi_margin_loss(half[0, 0, 0], torch.tensor([0, 1, 2, 3]).cuda()),
                          functional.multi_margin_loss(x[0, 0, 0], torch.tensor([0, 1, 2, 3]))),
                    close(torch.arange(8).cuda().histc(4), torch.full((4,), 2))]
        outcome = computing(compute)
        self.assertIsNotNone(outcome.value, outcome.stderr)
        f, b, c = (f"torch.{name} cuda:0" for name in ("float16", "bfloat16", "complex32"))
        self.assertEqual(outcome.value, [[name, True] for name in (
            f, b, f, f, f, c, c, c, c, f, f, "torch.int64 cuda:0")])

    def test_are_computed_where_cuda_has_a_way_of_its_own(self):
        """What PyTorch asks of CUDA alone: softmax of halves into floats, RMSNorm backwards, CTC's
        choice of cuDNN, sums and traces in dtypes that the CPU refuses."""
        def compute():
            def close(found, expected):
                return found.dtype == expected.dtype and torch.allclose(
                    found.cpu().float(), expected.float(), rtol=1e-3, atol=1e-3)

            def gradients(function, *leaves):
                """Of the function's sum, weighted, on the CPU and on the GPU: are they the same?"""
                twins = [leaf.detach().cuda().requires_grad_() for leaf in leaves]
                one, other = function(*leaves), function(*twins)
                weights = torch.linspace(-1, 1, one.numel()).reshape(one.shape)
                (one * weights).sum().backward()
                (other * weights.cuda()).sum().backward()
                return [close(other, one)] + [close(b.grad, a.grad) for a, b in zip(leaves, twins)]

            def leaf(*shape, dtype=torch.float32):
                return torch.randn(*shape).to(dtype).requires_grad_()
            torch.manual_seed(2)
            onto_float = [
                gradients(lambda x, f=f: f(x if x.is_cuda else x.float(), -1, dtype=torch.float32),
                          leaf(3, 5, dtype=torch.float16))
                for f in (functional.softmax, functional.log_softmax)]
            norms = [gradients(lambda x, w: functional.rms_norm(x, w.shape, w, 1e-5),
                               leaf(*shape, dtype=dtype), leaf(*last, dtype=dtype))
                     for shape, last, dtype in (((3, 4, 5), (5,), torch.float32),
                                                ((3, 4, 5), (4, 5), torch.float64),
                                                ((3, 8), (8,), torch.float16))]
            ctc = gradients(lambda x: functional.ctc_loss(
                x.log_softmax(2), torch.tensor([[1, 2], [3, 4]]), (6, 6), (2, 2)), leaf(6, 2, 5))
            z = torch.complex(torch.tensor([float("nan"), 1.0, 2.0]), torch.tensor([0.0, 1.0, 3.0]))
            flags = torch.tensor([[True, False], [False, True]])
            return [*onto_float, *norms, ctc, z.cuda().nansum().item() == 3 + 4j,
                    flags.cuda().trace().item(), flags.cuda().abs().tolist()]
        outcome = computing(compute)
        self.assertIsNotNone(outcome.value, outcome.stderr)
        self.assertEqual(outcome.value, [[True] * 2, [True] * 2, *[[True] * 3] * 3, [True] * 2, True, 2,
                                         [[True, False], [False, True]]])

    def test_are_the_same_when_the_program_switches_cudnn_on(self):
        def compute():
            torch.backends.cudnn.enabled = True
            found = []
            for device in ("cpu", "cuda"):
                torch.manual_seed(2)
                layer = torch.nn.LSTM(3, 4, 2).to(device)
                image, theta = torch.rand(1, 1, 4, 4).to(device), torch.rand(1, 2, 3).to(device)
                theta.requires_grad_()
                sampled = functional.grid_sample(
                    image, functional.affine_grid(theta, (1, 1, 4, 4), align_corners=True),
                    align_corners=True)
                sampled.sum().backward()
                found.append([t.flatten().tolist() for t in (
                    layer(torch.ones(5, 2, 3, device=device))[0], sampled, theta.grad)])
            return found
        outcome = computing(compute)
        self.assertIsNotNone(outcome.value, outcome.stderr)
        for one, other in zip(*outcome.value):
            torch.testing.assert_close(torch.tensor(one), torch.tensor(other))

    def test_are_copied_as_what_they_look_like(self):
        """Views that conjugate or negate, on either side, between the CPU and a GPU."""
        def compute():
            random = torch.Generator().manual_seed(2)
            one, other = (torch.randn(3, dtype=torch.complex64, generator=random) for _ in range(2))

            def copied(to, of, target, source):
                there = one.clone().to(target)
                to(there).copy_(of(other.to(source)))
                return there.cpu()

            def plain(t):
                return t

            def imaginary(t):
                return t.conj().imag  # of which PyTorch keeps that it is negated
            views = [(plain, torch.conj), (torch.conj, plain), (imaginary, torch.real),
                     (torch.real, imaginary)]
            different = []
            for to, of in views:
                for places in (("cuda", "cpu"), ("cpu", "cuda"), ("cuda:1", "cuda:0")):
                    if not torch.equal(copied(to, of, *places), copied(to, of, "cpu", "cpu")):
                        different.append([to.__name__, of.__name__, *places])
            return different
        outcome = computing(compute)
        self.assertEqual(outcome.value, [], outcome.stderr)

    def test_are_those_of_scripted_functions_too(self):
        """TorchScript would compile what it has fused after two calls; here it does not fuse."""
        def compute():
            @torch.jit.script
            def both(x):
                return torch.sin(x) * 2 + torch.cos(x)
            x = torch.arange(3.0)
            return [torch.equal(both(x.cuda()).cpu(), torch.sin(x) * 2 + torch.cos(x)) for _ in range(4)]
        self.assertEqual(computing(compute).value, [True] * 4)

    def test_move_between_devices_with_conversion(self):
        def move():
            x = torch.arange(6.0).reshape(2, 3).cuda(0).t()
            y = torch.zeros(3, 2, dtype=torch.int64, device="cuda:1").t()
            y.copy_(x.t())
            return [x.to("cuda:1").tolist(), x.to("cuda:1", torch.int32).tolist(), y.tolist(),
                    x.to("cpu", torch.float64).tolist(), str(x.to("cuda:1").device)]
        expected = [[0, 3], [1, 4], [2, 5]]
        self.assertEqual(computing(move).value,
                         [expected, expected, [[0, 1, 2], [3, 4, 5]], expected, "cuda:1"])


class RandomNumbers(unittest.TestCase):
    def test_follow_the_seed_of_their_device(self):
        def draw():
            found = []
            torch.cuda.init()
            for seeds in ((7, 8), (7, 9)):
                for number, seed in enumerate(seeds):
                    torch.cuda.default_generators[number].manual_seed(seed)
                found.append([torch.rand(3, device=f"cuda:{i}").tolist() for i in range(2)])
            return found
        (first, second), (again, other) = computing(draw).value
        self.assertEqual(first, again)
        self.assertNotEqual(second, other)
        self.assertNotEqual(first, second)

    def test_go_on_from_a_saved_state(self):
        def draw():
            torch.cuda.manual_seed(5)
            functional.dropout(torch.ones(8, device="cuda"))
            state = torch.cuda.get_rng_state()
            first = torch.randn(4, device="cuda").tolist()
            torch.cuda.set_rng_state(state)
            return [first, torch.randn(4, device="cuda").tolist(),
                    torch.randn(4, device="cuda").tolist()]
        first, again, later = computing(draw).value
        self.assertEqual(first, again)
        self.assertNotEqual(again, later)

    def test_leave_the_cpus_generator_alone(self):
        def draw():
            torch.manual_seed(5)
            expected = torch.rand(3).tolist()
            torch.manual_seed(5)
            functional.dropout(torch.randn(8, device="cuda"))
            torch.randperm(9, device="cuda")
            return [expected, torch.rand(3).tolist()]
        expected, found = computing(draw).value
        self.assertEqual(expected, found)


class Runtime(unittest.TestCase):
    def test_counts_operators_as_kernels(self):
        def compute():
            x = torch.ones(2).cuda(1)
            for _ in range(5):
                x = x + 1
        counters = computing(compute).record["counters"][0]
        self.assertEqual([counters[i]["kernels_launched"] for i in range(2)], [0, 5])

    def test_refuses_by_name_what_it_cannot_compute(self):
        found = computing(lambda: text_of(lambda: torch.ops.aten.miopen_rnn(
            torch.ones(1).cuda(), [], 0, torch.ones(1).cuda(), None, 0, 1, 1, False, 0, False, False,
            [], None))).value
        self.assertIn("NotImplementedError: aten::miopen_rnn is not computed on a simulated GPU", found)

    def test_orders_work_by_streams_and_events(self):
        def compute():
            stream, event = torch.cuda.Stream(), torch.cuda.Event()
            x = torch.ones(3, device="cuda")
            with torch.cuda.stream(stream):
                y = x * 2
                event.record()
            torch.cuda.current_stream().wait_event(event)
            return [(y + 1).tolist(), event.query()]
        self.assertEqual(computing(compute).value, [[3, 3, 3], True])

    def test_says_why_a_plugin_cannot_be_loaded(self):
        from simulated import on_host
        outcome = on_host(lambda: torch.ones(1).cuda(), PORTCULLIS_SIM_COMPUTE="/nowhere.so")
        self.assertIn("operation not supported", outcome.raised)
        self.assertIn("cannot load the computing plugin: /nowhere.so", outcome.stderr)


if __name__ == "__main__":
    unittest.main()
