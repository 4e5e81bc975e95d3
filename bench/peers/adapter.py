"""What every Python peer of bench/compare shares: the work from its file and the line protocol (see adapter.hpp, which
says the same in C++)."""

import sys
import time
from types import SimpleNamespace

import numpy as np


class Refusal(Exception):
    """This peer has no network for this work."""


def read_work(path):
    with open(path, "rb") as file:
        words = dict(word.split("=", 1) for word in file.readline().decode().split())
        numbers = np.frombuffer(file.read(), dtype=np.float32)
    sizes = [int(n) for n in words["sizes"].split("-")]
    count = int(words["count"])
    x_end = count * sizes[0]
    t_end = x_end + count * sizes[-1]
    layers, at = [], t_end
    for i, o in zip(sizes, sizes[1:]):
        w = numbers[at:at + i * o].reshape(o, i)  # [receiving][sending]
        layers.append((w.copy(), numbers[at + i * o:at + (i + 1) * o].copy()))
        at += (i + 1) * o
    return SimpleNamespace(
        name=words["name"], trains=words["mode"] == "train", sizes=sizes, hidden=words["hidden"],
        output=words["output"], loss=words["loss"], rule=words["rule"], rate=float(words["rate"]),
        batch=int(words["batch"]), count=count, x=numbers[:x_end].reshape(count, -1).copy(),
        t=numbers[x_end:t_end].reshape(count, -1).copy(), layers=layers)


class Window:
    """Pieces of work that grow until one takes a few milliseconds; all patterns at once for a peer that compiles for
    each size of a piece (`whole`)."""

    def __init__(self, work, whole):
        self.work, self.epochs = work, 1
        self.size = work.count if whole else work.batch

    def run(self, peer, seconds):
        peer.reset()
        first = patterns = 0
        began = start = time.perf_counter()
        while start - began < seconds:
            count = min(self.size, self.work.count - first)
            if self.work.trains:
                peer.train(first, count, self.epochs)
            else:
                for _ in range(self.epochs):
                    peer.predict(first, count)
            patterns += count * self.epochs
            first = (first + count) % self.work.count
            last, start = start, time.perf_counter()
            if start - last < 0.004:
                if self.size >= self.work.count:
                    self.epochs *= 2
                self.size = min(2 * self.size, self.work.count)
                first = 0 if self.size == self.work.count else first
        return patterns, start - began


def answer(*words):
    print("peer:", *words, flush=True)


def serve(version, make):
    try:
        serve_lines(version, make)
    except Exception as fault:  # whatever a library raises is the answer
        answer("refused", f"{type(fault).__name__}: {fault}".replace("\n", " ")[:200])
        raise


def serve_lines(version, make):
    """make(work) gives an object with reset, train, predict, outputs and, if it differs, `loss` and `differences`."""
    work = window = peer = None
    for line in sys.stdin:
        verb, *words = line.split()
        if verb == "version":
            answer("version", version)
        elif verb == "open":
            work = read_work(words[0])
            try:
                peer = make(work)
            except Refusal as reason:
                answer("refused", reason)
                continue
            window = Window(work, getattr(peer, "whole", False))
            answer("ready", getattr(peer, "loss", work.loss), getattr(peer, "differences", ""))
        elif verb == "epochs":
            peer.reset()
            if work.trains and int(words[0]) > 0:
                peer.train(0, work.count, int(words[0]))
            np.ascontiguousarray(peer.outputs(), dtype=np.float32).tofile(words[1])
            answer("done")
        elif verb == "time":
            patterns, seconds = window.run(peer, float(words[0]))
            answer("rate", patterns, f"{seconds:.9f}")
