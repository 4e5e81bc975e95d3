"""What every peer is asked to do: networks, data, initial weights and settings, written to one file per work. The same
seed gives the same bytes; only the standard library is needed."""

import math
import random
from array import array
from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    name: str
    table: str  # which table it belongs to: online, sgd, adam, predict
    sizes: tuple
    hidden: str
    output: str
    loss: str
    rule: str = "sgd"
    rate: float = 0.1
    batch: int = 1
    count: int = 1000
    epochs: int = 2  # of the check that losses fall alike

    @property
    def trains(self):
        return self.table != "predict"

    @property
    def net(self):
        return "-".join(map(str, self.sizes))

    @property
    def label(self):
        """Its column in a table."""
        if self.table == "predict":
            return f"{self.net}, {'one' if self.batch == 1 else self.batch}"
        return self.net if self.batch == 1 else f"{self.net} b{self.batch}"

    @property
    def flops(self):
        """Per pattern: 2 per weight and pass; the first layer hands no errors down."""
        pairs = [i * o for i, o in zip(self.sizes, self.sizes[1:])]
        return 4 * pairs[0] + 6 * sum(pairs[1:]) if self.trains else 2 * sum(pairs)


def sigmoid(sizes, **more):
    return {"sizes": sizes, "hidden": "sigmoid", "output": "sigmoid", "loss": "half_squared_error", **more}


def classes(sizes, **more):
    return {"sizes": sizes, "hidden": "relu", "output": "softmax", "loss": "softmax_cross_entropy", "count": 2048,
            **more}


def regression(sizes, **more):
    return {"sizes": sizes, "hidden": "tanh", "output": "identity", "loss": "half_squared_error", "count": 2048, **more}


# Rates at which linear outputs, which one peer has, stay stable too: below 2 over the sum of squares that feeds a unit.
ONLINE = [sigmoid((2, 2, 1), rate=0.5, epochs=10), sigmoid((64, 32, 10), rate=0.05, epochs=5),
          sigmoid((784, 30, 10), rate=0.05, epochs=3), sigmoid((784, 100, 10), rate=0.02, epochs=3),
          sigmoid((784, 512, 512, 10), rate=0.01, epochs=2)]
BATCHES = [classes((64, 32, 10), batch=32, epochs=5), regression((30, 100, 100, 1), batch=32, rate=0.05, epochs=3),
           regression((30, 100, 100, 1), batch=256, rate=0.05, epochs=5), classes((784, 100, 10), batch=32),
           classes((784, 512, 512, 10), batch=128), classes((1024, 1024, 1024, 10), batch=256, count=1024)]
PREDICTED = [sigmoid((64, 32, 10)), sigmoid((784, 100, 10)), regression((30, 100, 100, 1), count=1000)]


def named(table, settings):
    net = "-".join(map(str, settings["sizes"]))
    batch = settings.get("batch", 1)
    return Work(name=f"{table}-{net}" + (f"-b{batch}" if batch > 1 else ""), table=table, **settings)


WORKS = ([named("online", work) for work in ONLINE]
         + [named("sgd", work) for work in BATCHES]
         + [named("adam", {**work, "rule": "adam", "rate": 0.001}) for work in BATCHES]
         + [named("predict", {**work, "batch": batch}) for batch in (1, 1000) for work in PREDICTED])


def inputs_and_targets(work, draw):
    """Standard normal inputs; targets from a linear teacher of the first inputs. 2-2-1 learns XOR, over and over."""
    n_in, n_out = work.sizes[0], work.sizes[-1]
    if work.sizes == (2, 2, 1):
        corners = [((0.0, 0.0), 0.0), ((0.0, 1.0), 1.0), ((1.0, 0.0), 1.0), ((1.0, 1.0), 0.0)]
        rows = [corners[p % 4] for p in range(work.count)]
        return array("f", (v for x, _ in rows for v in x)), array("f", (t for _, t in rows))
    seen = min(n_in, 16)
    teacher = [[draw.gauss(0.0, 1.0) / math.sqrt(seen) for _ in range(seen)] for _ in range(n_out)]
    x, t = array("f"), array("f")
    for _ in range(work.count):
        row = [draw.gauss(0.0, 1.0) for _ in range(n_in)]
        scores = [sum(w * v for w, v in zip(weights, row)) for weights in teacher]
        x.extend(row)
        if n_out == 1:
            t.append(scores[0])
        else:
            best = scores.index(max(scores))
            t.extend(1.0 if o == best else 0.0 for o in range(n_out))
    return x, t


def initial_weights(work, draw):
    """Uniform with the variance of Glorot and Bengio (2010), layer by layer [receiving][sending]; biases zero."""
    weights = array("f")
    for i, o in zip(work.sizes, work.sizes[1:]):
        reach = math.sqrt(6.0 / (i + o))
        weights.extend(draw.uniform(-reach, reach) for _ in range(i * o))
        weights.extend(0.0 for _ in range(o))
    return weights


def write(work, path):
    """Writes the file that the adapters read; returns the targets."""
    draw = random.Random(20)
    x, t = inputs_and_targets(work, draw)
    weights = initial_weights(work, draw)
    words = {"name": work.name, "mode": "train" if work.trains else "predict", "sizes": work.net,
             "hidden": work.hidden, "output": work.output, "loss": work.loss, "rule": work.rule, "rate": work.rate,
             "batch": work.batch, "count": work.count}
    with open(path, "wb") as file:
        file.write((" ".join(f"{key}={value}" for key, value in words.items()) + "\n").encode())
        for numbers in (x, t, weights):
            numbers.tofile(file)
    return t


def loss_of(kind, outputs, targets, count):
    """Mean over the patterns, computed here for every peer alike."""
    if kind == "softmax_cross_entropy":
        return -sum(math.log(max(a, 1e-30)) for a, t in zip(outputs, targets) if t > 0.5) / count
    return 0.5 * sum((t - a) ** 2 for a, t in zip(outputs, targets)) / count
