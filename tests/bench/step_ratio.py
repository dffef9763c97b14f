"""Owns: how much longer a training step takes on a simulated GPU than on the CPU.

    cmake --build build --target bench-step-ratio        or, on any simulated host that computes:
    step_ratio.py [--steps N] [--threads N]

Both sides compute with the same kernels; what is added is the way to them. Steps alternate, so that
both see the same machine. Prints a line for each net: medians, the ratio of the sums of the quicker
halves, the same of the processor time of all threads, and both losses."""

import argparse
import copy
import statistics
import time

import torch
from torch import nn
from torch.nn import functional


class Convolutional(nn.Sequential):
    """LeNet's size of today: 0.5 million parameters, 32 images of 32 x 32."""

    def __init__(self):
        super().__init__(
            nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(64, 128, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(128 * 64, 10))
        self.shape = (32, 3, 32, 32)


class Transformer(nn.Module):
    """Two layers of width 32 over 8 sequences of 16: operators of some microseconds each."""

    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(32, 10)
        self.shape = (8, 16, 32)

    def forward(self, words):
        return self.head(self.layers(words).mean(1))


class Side:
    """One net on one device, and what its steps took."""

    def __init__(self, net, device):
        self.net = net.to(device)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=1e-3, foreach=True)
        random = torch.Generator().manual_seed(5)
        self.inputs = torch.randn(net.shape, generator=random).to(device)
        self.targets = torch.randint(0, 10, net.shape[:1], generator=random).to(device)
        self.times = []
        self.work = []  # seconds of all threads
        self.loss = 0.0

    def step(self):
        start, work = time.perf_counter(), time.process_time()
        self.optimizer.zero_grad()
        loss = functional.cross_entropy(self.net(self.inputs), self.targets)
        loss.backward()
        self.optimizer.step()
        self.loss = loss.item()
        self.times.append(time.perf_counter() - start)
        self.work.append(time.process_time() - work)


def quick(times):
    """The sum of the quicker half: what the machine does when it does nothing else."""
    return sum(sorted(times)[:len(times) // 2])


def compare(make, steps):
    torch.manual_seed(1)
    net = make()
    sides = [Side(copy.deepcopy(net), "cpu"), Side(copy.deepcopy(net), "cuda")]
    for _ in range(steps + 3):
        for side in sides:
            side.step()
    for side in sides:
        del side.times[:3], side.work[:3]
    return sides


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for make, scale in ((Convolutional, 1), (Transformer, 5)):
        cpu, cuda = compare(make, options.steps * scale)
        print(f"{make.__name__:14} cpu {statistics.median(cpu.times) * 1e3:8.2f} ms  "
              f"simulated {statistics.median(cuda.times) * 1e3:8.2f} ms  "
              f"ratio {quick(cuda.times) / quick(cpu.times):5.2f}  "
              f"of work {quick(cuda.work) / quick(cpu.work):5.2f}  "
              f"losses {cpu.loss:.6f} {cuda.loss:.6f}")


if __name__ == "__main__":
    main()
