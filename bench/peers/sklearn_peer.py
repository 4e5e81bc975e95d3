"""scikit-learn's MLPClassifier and MLPRegressor as a peer: partial_fit over a piece of work, which runs its own batches;
no shuffling, no penalty, no momentum, float32."""

import warnings

import sklearn
from adapter import Refusal, serve
from sklearn.neural_network import MLPClassifier, MLPRegressor

warnings.filterwarnings("ignore")
NAMES = {"sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}


class Sklearn:
    def __init__(self, work):
        self.work = work
        self.classes = work.output == "softmax"
        if self.classes:
            self.targets, self.labels = work.t.argmax(1), range(work.sizes[-1])
        else:
            self.targets = work.t if work.sizes[-1] > 1 else work.t[:, 0]
        if work.output == "sigmoid" and work.trains:
            self.differences = "identity outputs in place of sigmoid ones"

    def reset(self):
        work = self.work
        kind = MLPClassifier if self.classes else MLPRegressor
        self.network = kind(hidden_layer_sizes=work.sizes[1:-1], activation=NAMES[work.hidden],
                            solver=work.rule, alpha=0.0, batch_size=work.batch, learning_rate_init=work.rate,
                            shuffle=False, momentum=0.0, nesterovs_momentum=False)
        self.fit(0, work.batch)
        for to, (w, _) in zip(self.network.coefs_, work.layers):
            to[...] = w.T
        for to, (_, b) in zip(self.network.intercepts_, work.layers):
            to[...] = b
        if work.rule == "adam":  # the step above must leave no trace
            for moment in self.network._optimizer.ms + self.network._optimizer.vs:
                moment[...] = 0.0
            self.network.t_ = self.network._optimizer.t = 0
        if not work.trains and work.output == "sigmoid":
            self.network.out_activation_ = "logistic"

    def fit(self, first, count):
        x, t = self.work.x[first:first + count], self.targets[first:first + count]
        if self.classes:
            self.network.partial_fit(x, t, classes=self.labels)
        else:
            self.network.partial_fit(x, t)

    def train(self, first, count, epochs):
        for _ in range(epochs):
            self.fit(first, count)

    def predict(self, first, count):
        for p in range(first, first + count, self.work.batch):
            self.network.predict(self.work.x[p:p + self.work.batch])

    def outputs(self):
        if self.classes:
            return self.network.predict_proba(self.work.x)
        return self.network.predict(self.work.x)


def make(work):
    if work.output == "softmax" and not work.trains:
        raise Refusal("no such work")
    return Sklearn(work)


serve(f"scikit-learn {sklearn.__version__}", make)
