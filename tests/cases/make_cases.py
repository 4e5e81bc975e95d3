#!/usr/bin/env python3
"""A plain reference for `deltarule-case-1` files: per-unit loops in float64, written from the definitions.

It shares no code with the engine and needs nothing but the standard library. `complete(case)` takes a case without
`expected`, checks its own slopes against central differences, and fills `expected` in. Run as a program it writes the
cases listed at its end into the folder it stands in, or into the one given.
"""
import json
import math
import os
import random
import re
import sys

import full_batch_methods

SQRT1_2 = math.sqrt(0.5)
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def normal_cdf(x):
    return 0.5 * math.erfc(-x * SQRT1_2)


# name: (f, f'), with the slope at a kink as the project's table has it (relu 0, leaky relu 0.01).
ACTIVATIONS = {
    "identity": (lambda x: x, lambda x: 1.0),
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
    "tanh": (math.tanh, lambda x: 1 / math.cosh(x) ** 2),
    "scaled_tanh": (lambda x: 1.7159 * math.tanh(2 * x / 3), lambda x: 1.7159 * 2 / 3 / math.cosh(2 * x / 3) ** 2),
    "relu": (lambda x: max(x, 0.0), lambda x: 1.0 if x > 0 else 0.0),
    "leaky_relu": (lambda x: x if x > 0 else 0.01 * x, lambda x: 1.0 if x > 0 else 0.01),
    "elu": (lambda x: x if x > 0 else math.expm1(x), lambda x: 1.0 if x > 0 else math.exp(x)),
    "selu": (lambda x: SELU_SCALE * (x if x > 0 else SELU_ALPHA * math.expm1(x)),
             lambda x: SELU_SCALE * (1.0 if x > 0 else SELU_ALPHA * math.exp(x))),
    "gelu": (lambda x: x * normal_cdf(x),
             lambda x: normal_cdf(x) + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)),
    "swish": (lambda x: x * sigmoid(x), lambda x: sigmoid(x) + x * sigmoid(x) * sigmoid(-x)),
    "softplus": (lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))), sigmoid),
    "softsign": (lambda x: x / (1 + abs(x)), lambda x: 1 / (1 + abs(x)) ** 2),
    "gaussian": (lambda x: math.exp(-x * x), lambda x: -2 * x * math.exp(-x * x)),
    "sin": (math.sin, math.cos),
    "exp": (math.exp, math.exp),
    "hard_tanh": (lambda x: min(1.0, max(-1.0, x)), lambda x: 1.0 if -1 < x < 1 else 0.0),
}


def activate(name, nets):
    if name == "softmax":
        top = max(nets)
        powers = [math.exp(x - top) for x in nets]
        return [p / sum(powers) for p in powers]
    return [ACTIVATIONS[name][0](x) for x in nets]


def loss(kind, nets, outputs, targets):
    """E of one pattern; the cross-entropies from the net inputs."""
    if kind == "half_sse":
        return sum((t - a) ** 2 for a, t in zip(outputs, targets)) / 2
    if kind == "mse":
        return sum((t - a) ** 2 for a, t in zip(outputs, targets)) / len(outputs)
    if kind == "output_sum":
        return sum(outputs)
    if kind == "binary_ce":  # -t ln a - (1 - t) ln(1 - a)
        return sum(max(x, 0) - t * x + math.log1p(math.exp(-abs(x))) for x, t in zip(nets, targets))
    if kind == "softmax_ce":
        top = max(nets)
        log_sum = top + math.log(sum(math.exp(x - top) for x in nets))
        return sum(t * (log_sum - x) for x, t in zip(nets, targets))
    if kind == "poisson_deviance":  # half the unit deviance of counts from the means e^I
        return sum((t * (math.log(t) - x) if t > 0 else 0.0) - (t - math.exp(x)) for x, t in zip(nets, targets))
    if kind == "gamma_deviance":  # half the unit deviance of amounts
        return sum((t - math.exp(x)) / math.exp(x) - (math.log(t) - x) for x, t in zip(nets, targets))
    if kind.startswith("pinball("):
        tau = quantile(kind)
        return sum(max(tau * (t - a), (tau - 1) * (t - a)) for a, t in zip(outputs, targets))
    raise ValueError(kind)


def quantile(kind):
    return float(kind[len("pinball("):-1])


def smoothed(kind, targets, epsilon):
    """Targets as label smoothing has them: t (1 - epsilon) + epsilon / K."""
    if epsilon == 0:
        return targets
    return [t * (1 - epsilon) + epsilon / (2 if kind == "binary_ce" else len(targets)) for t in targets]


def output_deltas(kind, activation, nets, outputs, targets):
    """(10): minus the slope of E by the net inputs of the output units."""
    if kind in ("binary_ce", "softmax_ce", "poisson_deviance"):
        return [t - a for a, t in zip(outputs, targets)]
    if kind == "gamma_deviance":
        return [(t - a) / a for a, t in zip(outputs, targets)]
    if kind.startswith("pinball("):
        tau = quantile(kind)
        minus_slope = [tau if t > a else tau - 1 if t < a else 0.0 for a, t in zip(outputs, targets)]
    else:
        factor = {"half_sse": 1, "mse": 2 / len(outputs), "output_sum": None}[kind]
        minus_slope = [-1.0 if factor is None else factor * (t - a) for a, t in zip(outputs, targets)]
    if activation == "softmax":
        mean = sum(g * a for g, a in zip(minus_slope, outputs))
        return [a * (g - mean) for g, a in zip(minus_slope, outputs)]
    return [g * ACTIVATIONS[activation][1](x) for g, x in zip(minus_slope, nets)]


class Problem:
    """A full batch as a function of the weights that may move, for the rules that move them together."""

    def __init__(self, reference, patterns):
        self.reference, self.patterns = reference, patterns
        reference_keys = reference.reduced(patterns)
        self.keys = [key for key in reference_keys if key[1] != "bias" or reference.layers[key[0]].get("train_bias", True)]
        penalty, training = reference.case.get("regularization", {}), reference.case["training"]
        self.l2, self.l1 = penalty.get("l2", 0), penalty.get("l1", 0)
        self.factor = 1 / len(patterns) if training.get("reduction", "sum") == "mean" else 1.0
        self.decay = [0.0 if key[1] == "bias" else self.l2 for key in self.keys]

    @property
    def w(self):
        return [row[index] for row, index in map(self.reference.place, self.keys)]

    @w.setter
    def w(self, values):
        for key, value in zip(self.keys, values):
            row, index = self.reference.place(key)
            row[index] = value

    def there(self, w, what):
        before, self.w = self.w, w
        result = what()
        self.w = before
        return result

    def value(self, w):
        return self.there(w, lambda: self.reference.penalised(self.patterns))

    def gradient(self, w):
        def slopes():
            g = self.reference.reduced(self.patterns)
            return [g[key] + (0.0 if key[1] == "bias" else self.l2 * v + self.l1 * ((v > 0) - (v < 0)))
                    for key, v in zip(self.keys, w)]
        return self.there(w, slopes)

    def jacobian(self, w):
        """Of every output of every pattern: half its squared distance from a target 1 beside it has the slope 1."""
        data = self.reference.case["data"]

        def rows():
            found = []
            for p in self.patterns:
                targets = data["t"][p]
                outputs = self.reference.forward(data["x"][p])[1][-1]
                for j in range(len(targets)):
                    data["t"][p] = [a - (k == j) for k, a in enumerate(outputs)]
                    slopes = self.reference.slopes([p])
                    found.append([math.sqrt(self.factor) * slopes[key] for key in self.keys])
                data["t"][p] = targets
            return found
        return self.there(w, rows)


class Reference:
    def __init__(self, case):
        self.case = case
        self.layers = case["network"]["layers"]
        self.sources = [layer.get("from", [k]) for k, layer in enumerate(self.layers)]
        self.weights = json.loads(json.dumps(case["initial"]))
        self.memory = {}
        self.step = 0
        self.batch_error, self.has_risen = None, False
        kind = case["optimizer"]["kind"]
        self.method = full_batch_methods.METHODS[kind](case["optimizer"]) if kind in full_batch_methods.METHODS else None

    def forward(self, x):
        """(4): the net inputs and activations of every layer; activations[0] is the input."""
        activations, nets = [x], []
        for layer, sources, block in zip(self.layers, self.sources, self.weights):
            bias = block.get("bias", [0.0] * layer["units"])
            nets.append([bias[j] + sum(w * a for s in sources
                                       for w, a in zip(block["from"][str(s)][j], activations[s]))
                         for j in range(layer["units"])])
            activations.append(activate(layer["activation"], nets[-1]))
        return nets, activations

    def error(self, patterns):
        total = 0.0
        for p in patterns:
            nets, activations = self.forward(self.case["data"]["x"][p])
            total += loss(self.case["loss"], nets[-1], activations[-1], self.case["data"]["t"][p])
        return total

    def slopes(self, patterns, epsilon=0):
        """(3), summed over the patterns, whose labels are smoothed."""
        total = {}
        for p in patterns:
            nets, activations = self.forward(self.case["data"]["x"][p])
            targets = smoothed(self.case["loss"], self.case["data"]["t"][p], epsilon)
            fed_back = [[0.0] * layer["units"] for layer in self.layers]  # (11), with delta's sign
            for k in reversed(range(len(self.layers))):
                name = self.layers[k]["activation"]
                if k == len(self.layers) - 1:
                    deltas = output_deltas(self.case["loss"], name, nets[k], activations[-1], targets)
                else:
                    deltas = [g * ACTIVATIONS[name][1](x) for g, x in zip(fed_back[k], nets[k])]  # (12)
                for s in self.sources[k]:
                    for j, delta in enumerate(deltas):
                        for i, a in enumerate(activations[s]):
                            total[k, s, j, i] = total.get((k, s, j, i), 0.0) - delta * a
                            if s > 0:
                                fed_back[s - 1][i] += delta * self.weights[k]["from"][str(s)][j][i]
                if self.layers[k].get("bias", True):
                    for j, delta in enumerate(deltas):
                        total[k, "bias", j] = total.get((k, "bias", j), 0.0) - delta
        return total

    def place(self, key):
        """The list and index that hold a weight."""
        block = self.weights[key[0]]
        return (block["bias"], key[2]) if key[1] == "bias" else (block["from"][str(key[1])][key[2]], key[3])

    def reduced(self, patterns):
        divisor = len(patterns) if self.case["training"].get("reduction", "sum") == "mean" else 1
        epsilon = self.case["training"].get("label_smoothing", 0)
        return {key: slope / divisor for key, slope in self.slopes(patterns, epsilon).items()}

    def penalised(self, patterns):
        """E of a batch, reduced, with the penalties."""
        penalty = self.case.get("regularization", {})
        divisor = len(patterns) if self.case["training"].get("reduction", "sum") == "mean" else 1
        weights = [w for block in self.weights for rows in block["from"].values() for row in rows for w in row]
        return (self.error(patterns) / divisor + penalty.get("l2", 0) / 2 * sum(w * w for w in weights)
                + penalty.get("l1", 0) * sum(abs(w) for w in weights))

    def learn(self, patterns):
        rule, penalty = self.case["optimizer"], self.case.get("regularization", {})
        self.step += 1
        if self.method is not None:
            self.method.step(Problem(self, patterns))
            return
        before, self.batch_error = self.batch_error, self.penalised(patterns)
        self.has_risen = before is not None and self.batch_error > before
        for key, g in self.reduced(patterns).items():
            row, index = self.place(key)
            w, is_bias = row[index], key[1] == "bias"
            if is_bias and not self.layers[key[0]].get("train_bias", True):
                continue
            if not is_bias:
                g += penalty.get("l2", 0) * w + penalty.get("l1", 0) * ((w > 0) - (w < 0))
            row[index] = w + self.change(rule, key, g, 0.0 if is_bias else w)

    def change(self, rule, key, g, decayed):
        lr, kind = rule.get("lr"), rule["kind"]
        if kind == "sgd":
            return -lr * g
        if kind in ("momentum", "nesterov"):
            v = self.memory[key] = rule["mu"] * self.memory.get(key, 0.0) - lr * g
            return v if kind == "momentum" else rule["mu"] * v - lr * g
        if kind == "rmsprop":
            s = self.memory[key] = rule["rho"] * self.memory.get(key, 0.0) + (1 - rule["rho"]) * g * g
            return -lr * g / (math.sqrt(s) + rule["eps"])
        if kind == "adagrad":
            s = self.memory[key] = self.memory.get(key, 0.0) + g * g
            return -lr * g / (math.sqrt(s) + rule["eps"])
        if kind == "adadelta":
            return self.adadelta(rule, key, g)
        if "rprop" in kind:
            return self.rprop(rule, key, g)
        if kind == "quickprop":
            return self.quickprop(rule, key, g + rule.get("decay", 0) * decayed)
        b1, b2 = rule["beta1"], rule["beta2"]
        if kind == "lion":
            m = self.memory.get(key, 0.0)
            c = b1 * m + (1 - b1) * g
            self.memory[key] = b2 * m + (1 - b2) * g
            return -lr * ((c > 0) - (c < 0) + rule["weight_decay"] * decayed)
        m, v = self.memory.get(key, (0.0, 0.0))
        m, v = self.memory[key] = (b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g)
        m, v = m / (1 - b1 ** self.step), v / (1 - b2 ** self.step)
        decay = rule["weight_decay"] * decayed if kind == "adamw" else 0.0
        return -lr * (m / (math.sqrt(v) + rule["eps"]) + decay)

    def adadelta(self, rule, key, g):
        rho, eps = rule["rho"], rule["eps"]
        s, d = self.memory.get(key, (0.0, 0.0))
        s = rho * s + (1 - rho) * g * g
        u = math.sqrt(d + eps) / math.sqrt(s + eps) * g
        self.memory[key] = s, rho * d + (1 - rho) * u * u
        return -rule.get("lr", 1) * u

    def rprop(self, rule, key, g):
        """Igel & Huesken, algorithms 1 (rprop+), 2 (rprop-), 3 (irprop+), 4 (irprop-)."""
        kind = rule["kind"]
        g_before, delta, change = self.memory.get(key, (0.0, rule["delta0"], 0.0))
        if g_before * g > 0:
            delta = min(delta * rule["eta_plus"], rule["delta_max"])
        elif g_before * g < 0:
            delta = max(delta * rule["eta_minus"], rule["delta_min"])
            if kind == "rprop+" or kind == "irprop+" and self.has_risen:
                self.memory[key] = 0.0, delta, -change
                return -change
            if kind != "rprop-":
                g = 0.0
        change = -delta * ((g > 0) - (g < 0))
        self.memory[key] = g, delta, change
        return change

    def quickprop(self, rule, key, s):
        """Fahlman's program of 1988."""
        mu, shrink = rule["mu"], rule["mu"] / (1 + rule["mu"])
        p, d = self.memory.get(key, (0.0, 0.0))
        step = 0.0
        if d == 0:
            step = -rule["lr"] * s
        else:
            sign = 1 if d > 0 else -1
            if s * sign < 0:
                step -= rule["lr"] * s
            step += mu * d if s * sign <= shrink * p * sign else d * (s / (p - s))
        self.memory[key] = s, step
        return step

    def as_blocks(self, slopes=None):
        blocks = json.loads(json.dumps(self.weights))
        for key, slope in (slopes or {}).items():
            block = blocks[key[0]]
            if key[1] == "bias":
                block["bias"][key[2]] = slope
            else:
                block["from"][str(key[1])][key[2]][key[3]] = slope
        return blocks

    def outputs(self):
        return [self.forward(x)[1][-1] for x in self.case["data"]["x"]]


def check_slopes(reference, patterns, slopes):
    """Every slope against a central difference: a reference that is wrong must not write cases."""
    h = 1e-6
    for key, slope in slopes.items():
        row, index = reference.place(key)
        w = row[index]
        row[index] = w + h
        above = reference.error(patterns)
        row[index] = w - h
        below = reference.error(patterns)
        row[index] = w
        difference = (above - below) / (2 * h)
        if abs(slope - difference) > 1e-6 * max(1, abs(above), abs(slope)):
            raise ValueError(f"{reference.case['name']}: slope {key} is {slope}, central difference {difference}")


def complete(case, steps=5, epochs_listed=6, all_outputs=True, threshold=None, checked=True):
    """Fills `expected` in."""
    reference, training = Reference(case), case["training"]
    everything = list(range(len(case["data"]["x"])))
    size = len(everything) if training["batch"] == "all" else training["batch"]
    orders = training.get("order", [everything])
    first = orders[0][:size]
    if checked:
        check_slopes(reference, first, reference.slopes(first))
    expected = {"loss_sum_initial": reference.error(everything)}
    if all_outputs:
        expected["outputs_initial"] = reference.outputs()
    expected["first_batch_gradient"] = reference.as_blocks(reference.reduced(first))
    expected["after_step"], expected["after_epoch"] = [], []
    listed = {1 + e * (training["epochs"] - 1) // max(1, epochs_listed - 1) for e in range(epochs_listed)}
    crossing = None
    for epoch in range(1, training["epochs"] + 1):
        order = orders[(epoch - 1) % len(orders)]
        for start in range(0, len(order), size):
            reference.learn(order[start:start + size])
            if reference.step <= steps:
                expected["after_step"].append({"step": reference.step, "loss_sum": reference.error(everything),
                                               "weights": reference.as_blocks()})
        now = reference.error(everything)
        if epoch in listed:
            expected["after_epoch"].append({"epoch": epoch, "loss_sum": now})
        if threshold is not None and crossing is None and now < threshold:
            crossing = expected["first_epoch_with_loss_below"] = {
                "threshold": threshold, "epoch": epoch, "loss_sum": now}
    expected["final"] = {"loss_sum": reference.error(everything), "weights": reference.as_blocks()}
    if all_outputs:
        expected["final"]["outputs"] = reference.outputs()
    case["expected"] = expected
    return case


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(v) for key, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return float(f"{value:.15g}") if isinstance(value, float) else value


def written(case):
    """JSON as the other cases have it: one row of numbers per line."""
    text = json.dumps(rounded(case), indent=1)
    return re.sub(r"\[[^][{}]*\]", lambda row: "[" + ", ".join(row.group()[1:-1].split()).replace(",,", ",") + "]", text) + "\n"


def random_start(case, rng, scale):
    """Initial weights of three decimals, so that what is written is what is meant."""
    def number():
        return round(rng.uniform(-scale, scale), 3)
    sizes = [case["network"]["inputs"]] + [layer["units"] for layer in case["network"]["layers"]]
    case["initial"] = []
    for k, layer in enumerate(case["network"]["layers"]):
        block = {"from": {str(s): [[number() for _ in range(sizes[s])] for _ in range(layer["units"])]
                          for s in layer.get("from", [k])}}
        if layer.get("bias", True):
            block["bias"] = [number() for _ in range(layer["units"])]
        case["initial"].append(block)


def random_data(case, rng, patterns):
    def target():
        if case["loss"] == "softmax_ce":
            raw = [rng.randint(1, 9) for _ in range(units)]
            hit = rng.randrange(units)
            return [float(k == hit) for k in range(units)] if rng.random() < 0.5 else [r / sum(raw) for r in raw]
        if case["loss"] == "binary_ce":
            return [rng.choice([0, 1, 0.25]) for _ in range(units)]
        if case["loss"] == "poisson_deviance":
            return [rng.choice([0, 0, 1, 2, 5]) for _ in range(units)]
        if case["loss"] == "gamma_deviance":
            return [round(rng.uniform(0.1, 4), 2) for _ in range(units)]
        return [round(rng.uniform(-1, 1), 2) for _ in range(units)]
    units = case["network"]["layers"][-1]["units"]
    inputs = case["network"]["inputs"]
    case["data"] = {"x": [[round(rng.uniform(-1, 1), 2) for _ in range(inputs)] for _ in range(patterns)],
                    "t": [rounded(target()) for _ in range(patterns)]}


SOURCE = "made from the definitions with an independent float64 reference (make_cases.py), its slopes checked by central differences"
SMALL_ADAM = {"lr": 0.01, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}


def layer(units, activation, **more):
    return {"units": units, "activation": activation, **more}


NET_243 = 2, [layer(4, "tanh"), layer(3, "sigmoid"), layer(2, "identity")], "half_sse"
RPROP = {"delta0": 0.1, "eta_plus": 1.2, "eta_minus": 0.5, "delta_min": 1e-6, "delta_max": 50}


# name, about, inputs, layers, loss, optimizer, training, penalties, patterns
CASES = [
    ("rule-nesterov", "v = mu v - lr g; w += mu v - lr g.", 2,
     [layer(4, "tanh"), layer(3, "sigmoid"), layer(2, "identity")], "half_sse",
     {"kind": "nesterov", "lr": 0.1, "mu": 0.9}, {"batch": 3, "epochs": 25, "reduction": "mean"}, None, 7),
    ("rule-adamw", "Adam, and weights (not biases) also shrink by lr weight_decay w, apart from the slope.", 2,
     [layer(4, "tanh"), layer(3, "sigmoid"), layer(2, "identity")], "half_sse",
     {"kind": "adamw", **SMALL_ADAM, "weight_decay": 0.3}, {"batch": 3, "epochs": 25, "reduction": "mean"}, None, 7),
    ("penalties-300-patterns", "l1 and l2 on weights only, full batch of more than 256 patterns, mean.", 2,
     [layer(3, "scaled_tanh"), layer(1, "identity")], "half_sse",
     {"kind": "sgd", "lr": 0.2}, {"batch": "all", "epochs": 12, "reduction": "mean"}, {"l2": 0.05, "l1": 0.01}, 300),
    ("skip-gelu-selu", "A short-cut past each hidden layer, gelu and selu units, frozen biases, momentum, sum.", 3,
     [layer(5, "gelu"), layer(4, "selu", **{"from": [0, 1], "train_bias": False}),
      layer(2, "softplus", **{"from": [0, 2]})], "half_sse",
     {"kind": "momentum", "lr": 0.01, "mu": 0.8}, {"batch": 4, "epochs": 10}, None, 9),
    ("mse-sum", "Mean over three outputs, summed over batches of 4 of 10 patterns.", 2,
     [layer(5, "swish"), layer(3, "softsign")], "mse",
     {"kind": "sgd", "lr": 0.1}, {"batch": 4, "epochs": 15, "reduction": "sum"}, None, 10),
    ("no-bias-single-units", "Layers of one unit and without biases, sum of the outputs as error, batches of one.", 2,
     [layer(1, "sin", bias=False), layer(1, "leaky_relu"), layer(2, "hard_tanh", bias=False)], "output_sum",
     {"kind": "adam", **SMALL_ADAM}, {"batch": 1, "epochs": 6}, None, 5),
    ("binary-ce-order", "Independent sigmoids with cross-entropy, given orders in mini-batches, l1.", 3,
     [layer(4, "elu"), layer(2, "sigmoid")], "binary_ce",
     {"kind": "sgd", "lr": 0.3}, {"batch": 2, "epochs": 12, "reduction": "mean", "order": [
         [4, 0, 2, 1, 3], [1, 3, 4, 2, 0]]}, {"l1": 0.02}, 5),
    ("softmax-half-sse", "Softmax under half squared error: the whole Jacobian in (10).", 2,
     [layer(4, "gaussian"), layer(3, "softmax")], "half_sse",
     {"kind": "momentum", "lr": 0.3, "mu": 0.5}, {"batch": "all", "epochs": 15, "reduction": "mean"}, None, 8),
    ("rule-rmsprop", "s = rho s + (1 - rho) g g; w -= lr g / (sqrt(s) + eps).", 2,
     [layer(4, "tanh"), layer(3, "sigmoid"), layer(2, "identity")], "half_sse",
     {"kind": "rmsprop", "lr": 0.01, "rho": 0.9, "eps": 1e-8}, {"batch": 3, "epochs": 25, "reduction": "mean"}, None, 7),
    ("pinball-quantiles", "The pinball loss of the 0.9 quantile, two outputs, mini-batches.", 2,
     [layer(4, "tanh"), layer(2, "identity")], "pinball(0.9)",
     {"kind": "sgd", "lr": 0.05}, {"batch": 3, "epochs": 15, "reduction": "mean"}, None, 8),
    ("poisson-counts", "Half the Poisson deviance of counts, zeros among them, from the means e^I; per pattern.", 3,
     [layer(4, "tanh"), layer(2, "exp")], "poisson_deviance",
     {"kind": "sgd", "lr": 0.05}, {"batch": 1, "epochs": 15}, None, 9),
    ("gamma-amounts", "Half the gamma deviance of positive amounts from the means e^I.", 2,
     [layer(4, "sigmoid"), layer(2, "exp")], "gamma_deviance",
     {"kind": "adam", **SMALL_ADAM}, {"batch": 4, "epochs": 20, "reduction": "mean"}, None, 9),
    ("label-smoothing-softmax", "Softmax cross-entropy learnt from t (1 - 0.1) + 0.1/3; every loss is of t itself.", 2,
     [layer(4, "tanh"), layer(3, "softmax")], "softmax_ce",
     {"kind": "sgd", "lr": 0.3}, {"batch": 3, "epochs": 15, "reduction": "mean", "label_smoothing": 0.1}, None, 8),
    ("label-smoothing-binary", "Binary cross-entropy learnt per pattern from t (1 - 0.2) + 0.1.", 2,
     [layer(4, "tanh"), layer(2, "sigmoid")], "binary_ce",
     {"kind": "momentum", "lr": 0.1, "mu": 0.5}, {"batch": 1, "epochs": 12, "label_smoothing": 0.2}, None, 7),
]
# Numbered on their own, from FIRST_RULE: the numbers are the seeds.
FIRST_RULE = 9
RULES = [
    ("rule-adagrad", "s += g g; w -= lr g / (sqrt(s) + eps).", *NET_243,
     {"kind": "adagrad", "lr": 0.1, "eps": 1e-10}, {"batch": 3, "epochs": 25, "reduction": "mean"}, None, 7),
    ("rule-adadelta", "s = rho s + (1 - rho) g g; u = sqrt(d + eps) / sqrt(s + eps) g; d likewise of u; w -= u.",
     *NET_243, {"kind": "adadelta", "rho": 0.95, "eps": 1e-6}, {"batch": 3, "epochs": 25, "reduction": "mean"}, None,
     7),
    ("rule-lion", "c = b1 m + (1 - b1) g; w -= lr (sign(c) + weight_decay w), no decay of biases; m = b2 m + (1 - b2) g.",
     *NET_243, {"kind": "lion", "lr": 0.01, "beta1": 0.9, "beta2": 0.99, "weight_decay": 0.1},
     {"batch": 3, "epochs": 25, "reduction": "mean"}, None, 7),
    ("rule-rprop-minus", "Igel & Huesken, algorithm 2: steps by the sign of the slope, no weight backtracking.",
     *NET_243, {"kind": "rprop-", **RPROP}, {"batch": "all", "epochs": 40, "reduction": "sum"}, None, 7),
    ("rule-rprop-plus", "Igel & Huesken, algorithm 1: the last change is taken back where the slope turns.",
     *NET_243, {"kind": "rprop+", **RPROP}, {"batch": "all", "epochs": 40, "reduction": "sum"}, None, 7),
    ("rule-irprop-minus", "Igel & Huesken, algorithm 4: no change where the slope turns.",
     *NET_243, {"kind": "irprop-", **RPROP}, {"batch": "all", "epochs": 30, "reduction": "sum"}, None, 7),
    ("irprop-plus-penalties", "Algorithm 3 in batches of 4 and 3 patterns, mean; the error that is compared has l1 and "
     "l2 in it.", *NET_243, {"kind": "irprop+", **RPROP}, {"batch": 4, "epochs": 30, "reduction": "mean"},
     {"l2": 0.2, "l1": 0.05}, 7),
    ("rule-quickprop", "Fahlman 1988: parabolas, growth of at most mu, weight decay in the slope (not of biases).",
     *NET_243, {"kind": "quickprop", "lr": 0.05, "mu": 1.75, "decay": 0.01},
     {"batch": "all", "epochs": 12, "reduction": "sum"}, None, 7),
]
# Likewise. Rounding grows from step to step, most where slopes are subtracted from each other.
FIRST_METHOD = 17
WOLFE = {"history": 10, "c1": 1e-4, "c2": 0.9}
MARQUARDT = {"mu": 0.001, "mu_increase": 10, "mu_decrease": 0.1, "mu_max": 1e10}
METHODS = [
    ("rule-scg", "Moller 1993: scaled conjugate gradients.", *NET_243,
     {"kind": "scg", "sigma": 1e-4, "lambda": 1e-6}, {"batch": "all", "epochs": 12, "reduction": "mean"}, None, 7),
    ("rule-lbfgs", "Nocedal & Wright 2006, algorithm 7.5 with the strong Wolfe conditions; l2 on weights.", *NET_243,
     {"kind": "lbfgs", **WOLFE}, {"batch": "all", "epochs": 12, "reduction": "mean"}, {"l2": 0.01}, 7),
    ("lbfgs-short-history", "Three pairs only, and a line search that is nearly exact.", *NET_243,
     {"kind": "lbfgs", "history": 3, "c1": 1e-4, "c2": 0.1}, {"batch": "all", "epochs": 10, "reduction": "sum"}, None, 7),
    ("rule-lm", "Hagan & Menhaj 1994: Levenberg-Marquardt.", *NET_243,
     {"kind": "lm", **MARQUARDT}, {"batch": "all", "epochs": 7, "reduction": "sum"}, None, 30),
    ("lm-everything", "Levenberg-Marquardt with a short-cut, frozen biases, softmax outputs, l2, and the mean.", 3,
     [layer(4, "tanh"), layer(3, "sigmoid", **{"from": [0, 1], "train_bias": False}),
      layer(3, "softmax", **{"from": [1, 2]})], "half_sse", {"kind": "lm", **MARQUARDT, "mu": 0.1},
     {"batch": "all", "epochs": 7, "reduction": "mean"}, {"l2": 0.01}, 12),
    ("lm-bayesian", "MacKay 1992, Foresee & Hagan 1997: the weight decay is re-estimated before each step.", *NET_243,
     {"kind": "lm", **MARQUARDT, "bayesian": 1}, {"batch": "all", "epochs": 8, "reduction": "mean"}, None, 30),
]


def make(number, name, about, inputs, layers, kind, optimizer, training, penalties, patterns):
    case = {"schema": "deltarule-case-1", "name": name, "about": about, "source": SOURCE,
            "network": {"inputs": inputs, "layers": layers}, "loss": kind, "optimizer": optimizer, "training": training}
    if penalties:
        case["regularization"] = penalties
    together = optimizer["kind"] in full_batch_methods.METHODS
    case["tolerance"] = {"relative": 1e-8, "absolute": 1e-10} if together else {"relative": 1e-10, "absolute": 1e-12}
    rng = random.Random(number)
    random_data(case, rng, patterns)
    random_start(case, rng, 0.5)
    return complete(case, all_outputs=patterns <= 20)


if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    for number, given in [*enumerate(CASES), *enumerate(RULES, FIRST_RULE),
                          *enumerate(METHODS, FIRST_METHOD)]:
        with open(os.path.join(folder, given[0] + ".json"), "w", encoding="utf-8") as file:
            file.write(written(make(number, *given)))
