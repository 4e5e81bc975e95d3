"""PyTorch from Python as a peer: modules, autograd and its optimizers, batches as views of the resident data."""

import torch
from adapter import serve
from torch import nn

torch.set_num_threads(1)
ACTIVATIONS = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}


class PyTorch:
    def __init__(self, work):
        self.work = work
        self.x, self.t = torch.from_numpy(work.x), torch.from_numpy(work.t)
        self.labels = self.t.argmax(1)
        parts = []
        for i, o in zip(work.sizes, work.sizes[1:]):
            parts += [nn.Linear(i, o), ACTIVATIONS[work.hidden]()]
        parts.pop()
        if work.output == "sigmoid":
            parts.append(nn.Sigmoid())
        self.network = nn.Sequential(*parts)  # without the softmax: cross_entropy contains it

    def reset(self):
        linear = [part for part in self.network if isinstance(part, nn.Linear)]
        with torch.no_grad():
            for part, (w, b) in zip(linear, self.work.layers):
                part.weight.copy_(torch.from_numpy(w))
                part.bias.copy_(torch.from_numpy(b))
        rule = torch.optim.Adam if self.work.rule == "adam" else torch.optim.SGD
        self.optimizer = rule(self.network.parameters(), lr=self.work.rate)

    def train(self, first, count, epochs):
        n, classes = self.work.batch, self.work.output == "softmax"
        for _ in range(epochs):
            for p in range(first, first + count, n):
                self.optimizer.zero_grad(set_to_none=True)
                y = self.network(self.x[p:p + n])
                if classes:
                    loss = nn.functional.cross_entropy(y, self.labels[p:p + n])
                else:
                    loss = nn.functional.mse_loss(y, self.t[p:p + n], reduction="sum") * (0.5 / n)
                loss.backward()
                self.optimizer.step()

    @torch.inference_mode()
    def predict(self, first, count):
        for p in range(first, first + count, self.work.batch):
            self.network(self.x[p:p + self.work.batch])

    @torch.inference_mode()
    def outputs(self):
        y = self.network(self.x)
        return (torch.softmax(y, 1) if self.work.output == "softmax" else y).numpy()


serve(f"PyTorch {torch.__version__}", PyTorch)
