"""Owns: training on simulated GPUs: the losses of a real CPU, and training that goes on elsewhere."""

import copy
import os
import tempfile
import unittest

from computing import computing

import torch
from torch import nn
from torch.nn import functional


class ConvolutionalNet(nn.Module):
    """A convolutional half and a linear half, which may be on different devices."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, stride=2, groups=2), nn.GELU(), nn.Flatten())
        self.head = nn.Linear(16 * 9, 5)

    def forward(self, images):
        return self.head(self.features(images).to(self.head.weight.device))


class RecurrentNet(nn.Module):
    def __init__(self, kind=nn.LSTM, **options):
        super().__init__()
        self.features = kind(6, 12, num_layers=2, batch_first=True, **options)
        self.head = nn.Linear(24 if options.get("bidirectional") else 12, 5)

    def forward(self, sequences):
        return self.head(self.features(sequences)[0][:, -1].to(self.head.weight.device))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.TransformerEncoderLayer(16, 4, 32, dropout=0.0, batch_first=True)
        self.head = nn.Linear(16, 5)

    def forward(self, sequences):
        return self.head(self.features(sequences).mean(1).to(self.head.weight.device))


# What PyTorch 2.15 does without where a driver lacks it.
ASKED_FOR = {"libcuda.so.1: cuLogsRegisterCallback"}
IMAGES, SEQUENCES, WORDS = (8, 3, 14, 14), (8, 7, 6), (8, 7, 16)
OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01),
    "adamw-fused": lambda p: torch.optim.AdamW(p, lr=0.01, fused=True),
    "adamw-foreach": lambda p: torch.optim.AdamW(p, lr=0.01, foreach=True),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01),
}


def losses(model, optimizer, shape, first="cpu", second="cpu", steps=4):
    """The loss of each step; the data are the same whatever the devices."""
    random = torch.Generator().manual_seed(5)
    found = []
    for _ in range(steps):
        inputs = torch.randn(shape, generator=random).to(first)
        targets = torch.randint(0, 5, shape[:1], generator=random).to(second)
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


class Training(unittest.TestCase):
    def compare(self, make, shape, optimizer="adam", first="cuda:0", second="cuda:0"):
        def train():
            torch.manual_seed(1)
            model = make()
            twin = copy.deepcopy(model)
            expected = losses(model, OPTIMIZERS[optimizer](model.parameters()), shape)
            twin.features.to(first)
            twin.head.to(second)
            found = losses(twin, OPTIMIZERS[optimizer](twin.parameters()), shape, first, second)
            return [expected, found, torch.cuda.memory_allocated(0),
                    {str(p.grad.device) for p in twin.parameters()} == {first, second}]
        outcome = computing(train)
        self.assertIsNotNone(outcome.value, outcome.stderr)
        expected, found, allocated, placed = outcome.value
        for one, other in zip(expected, found):
            self.assertAlmostEqual(one, other, delta=1e-5 * max(1, abs(one)))
        self.assertGreater(allocated, 0)
        self.assertTrue(placed, "gradients are where their parameters are")
        self.assertGreater(outcome.record["counters"][0][0]["kernels_launched"], 50)
        self.assertEqual(set(outcome.record["names"]) - ASKED_FOR, set(), "nothing was refused")

    def test_of_a_convolutional_net(self):
        for optimizer in OPTIMIZERS:
            with self.subTest(optimizer=optimizer):
                self.compare(ConvolutionalNet, IMAGES, optimizer)

    def test_of_recurrent_nets(self):
        for kind in (nn.LSTM, nn.GRU, nn.RNN):
            with self.subTest(kind=kind.__name__):
                self.compare(lambda kind=kind: RecurrentNet(kind), SEQUENCES)
        self.compare(lambda: RecurrentNet(bidirectional=True), SEQUENCES)

    def test_of_a_transformer(self):
        self.compare(Transformer, WORDS)

    def test_with_half_of_the_net_on_another_gpu(self):
        self.compare(ConvolutionalNet, IMAGES, second="cuda:1")
        self.compare(RecurrentNet, SEQUENCES, second="cuda:1")

    def test_with_dropout_repeats_by_its_seed(self):
        def train():
            found = []
            for seed in (3, 3, 4):
                torch.manual_seed(1)
                model = RecurrentNet(dropout=0.5).cuda()
                torch.cuda.manual_seed(seed)
                found.append(losses(model, OPTIMIZERS["adam"](model.parameters()), SEQUENCES,
                                    "cuda", "cuda"))
            return found
        first, again, other = computing(train).value
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)


class Resuming(unittest.TestCase):
    """Four steps, saved, four more: behind another mask, with the saved generators."""

    def test_behind_another_mask(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "training.pt")

            def model_and_optimizer():
                torch.manual_seed(1)
                model = RecurrentNet(dropout=0.3)
                model.features.to("cuda:0")
                model.head.to("cuda:1" if torch.cuda.device_count() > 1 else "cuda:0")
                return model, OPTIMIZERS["adam"](model.parameters())

            def devices(model):
                return next(model.features.parameters()).device, model.head.weight.device

            def start():
                model, optimizer = model_and_optimizer()
                torch.cuda.manual_seed_all(9)
                losses(model, optimizer, SEQUENCES, *devices(model))
                torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(),
                            "random": torch.cuda.get_rng_state(0)}, path)
                return losses(model, optimizer, SEQUENCES, *devices(model))

            def resume():
                model, optimizer = model_and_optimizer()
                saved = torch.load(path, map_location="cpu")
                model.load_state_dict(saved["model"])
                optimizer.load_state_dict(saved["optimizer"])
                torch.cuda.set_rng_state(saved["random"], 0)
                return losses(model, optimizer, SEQUENCES, *devices(model))

            expected = computing(start)
            self.assertIsNotNone(expected.value, expected.stderr)
            for mask in ("1", "1,0"):
                found = computing(resume, mask=mask)
                self.assertIsNotNone(found.value, found.stderr)
                for one, other in zip(expected.value, found.value):
                    self.assertAlmostEqual(one, other, delta=1e-5)


if __name__ == "__main__":
    unittest.main()
