"""An ordinary training program, which knows nothing of Portcullis:

    program.py start FILE FIRST SECOND     trains four steps with half of each net on each device, saves,
                                           trains four more
    program.py resume FILE FIRST SECOND    loads and trains the last four

Prints the losses as JSON."""

import json
import sys
import warnings

warnings.simplefilter("ignore")

import torch  # noqa: E402
from torch import nn  # noqa: E402


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(),
                                      nn.MaxPool2d(2), nn.Flatten())
        self.head = nn.Linear(8 * 7 * 7, 5)

    def forward(self, images):
        return self.head(self.features(images).to(self.head.weight.device))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.LSTM(6, 12, num_layers=2, batch_first=True)
        self.head = nn.Linear(12, 5)

    def forward(self, sequences):
        return self.head(self.features(sequences)[0][:, -1].to(self.head.weight.device))


SHAPES = {"conv": (8, 3, 14, 14), "lstm": (8, 7, 6)}


class Training:
    """One net with its features on the first device and its head on the second."""

    def __init__(self, net, shape, first, second):
        self.net, self.shape, self.first, self.second = net, shape, first, second
        net.features.to(first)
        net.head.to(second)
        self.optimizer = torch.optim.Adam(net.parameters(), lr=0.01)

    def steps(self, numbers):
        return [self.step(number) for number in numbers]

    def step(self, number):
        random = torch.Generator().manual_seed(number)
        inputs = torch.randn(self.shape, generator=random).to(self.first)
        targets = torch.randint(0, 5, self.shape[:1], generator=random).to(self.second)
        self.optimizer.zero_grad()
        loss = nn.functional.cross_entropy(self.net(inputs), targets)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def state(self):
        return {"model": self.net.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load(self, state):
        self.net.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])


def main():
    what, file, first, second = sys.argv[1:]
    torch.manual_seed(1)
    nets = {"conv": ConvNet(), "lstm": Recurrent()}
    trainings = {name: Training(net, SHAPES[name], first, second) for name, net in nets.items()}
    losses = {name: [] for name in nets}
    if what == "start":
        for name, training in trainings.items():
            losses[name] += training.steps(range(4))
        torch.save({name: training.state() for name, training in trainings.items()}, file)
    else:
        for name, state in torch.load(file, map_location="cpu").items():
            trainings[name].load(state)
    for name, training in trainings.items():
        losses[name] += training.steps(range(4, 8))
    print(json.dumps(losses))


if __name__ == "__main__":
    main()
