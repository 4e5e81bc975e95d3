"""JAX as a peer: one compiled function for a whole piece of work, its batches in a lax.scan, parameters donated, as its
documentation advises. Compilation is not timed."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from adapter import serve

ACTIVATIONS = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "relu": jax.nn.relu, "identity": lambda z: z,
               "softmax": jax.nn.softmax}


class Jax:
    whole = True

    def __init__(self, work):
        self.work = work
        self.x, self.t = jnp.asarray(work.x), jnp.asarray(work.t)
        self.rows = [jnp.asarray(work.x[p:p + work.batch]) for p in range(0, work.count, work.batch)]
        hidden, output = ACTIVATIONS[work.hidden], ACTIVATIONS[work.output]

        def net_inputs(layers, a):
            for w, b in layers[:-1]:
                a = hidden(a @ w + b)
            return a @ layers[-1][0] + layers[-1][1]

        def loss(layers, x, t):
            z = net_inputs(layers, x)
            if work.output == "softmax":
                return -jnp.sum(t * jax.nn.log_softmax(z)) / x.shape[0]
            return 0.5 * jnp.sum((output(z) - t) ** 2) / x.shape[0]

        def sgd(state, batch):
            layers, first, second, step = state
            slopes = jax.grad(loss)(layers, *batch)
            return (jax.tree.map(lambda w, g: w - work.rate * g, layers, slopes), first, second, step), None

        def adam(state, batch):
            layers, first, second, step = state
            slopes = jax.grad(loss)(layers, *batch)
            step = step + 1.0
            first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slopes)
            second = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, second, slopes)
            size, root = work.rate / (1.0 - 0.9 ** step), jnp.sqrt(1.0 - 0.999 ** step)
            layers = jax.tree.map(lambda w, m, s: w - size * m / (jnp.sqrt(s) / root + 1e-8), layers, first, second)
            return (layers, first, second, step), None

        @functools.partial(jax.jit, donate_argnums=0)
        def run(state, x, t):
            batches = (x.reshape(-1, work.batch, x.shape[1]), t.reshape(-1, work.batch, t.shape[1]))
            return jax.lax.scan(adam if work.rule == "adam" else sgd, state, batches)[0]

        self.run = run
        self.answer = jax.jit(lambda layers, x: output(net_inputs(layers, x)))

    def reset(self):
        layers = [(jnp.asarray(w.T.copy()), jnp.asarray(b)) for w, b in self.work.layers]
        moments = (jax.tree.map(jnp.zeros_like, layers), jax.tree.map(jnp.zeros_like, layers))
        self.state = (layers, *(moments if self.work.rule == "adam" else ((), ())), jnp.float32(0.0))

    def train(self, first, count, epochs):  # always all patterns, see `whole`
        for _ in range(epochs):
            self.state = self.run(self.state, self.x, self.t)
        jax.block_until_ready(self.state)

    def predict(self, first, count):
        for p in range(first, first + count, self.work.batch):
            y = self.answer(self.state[0], self.rows[p // self.work.batch])
        jax.block_until_ready(y)

    def outputs(self):
        return np.asarray(self.answer(self.state[0], self.x))


serve(f"JAX {jax.__version__}", Jax)
