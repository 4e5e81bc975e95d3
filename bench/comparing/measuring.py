"""One work on all peers: the check that they compute alike, then rounds in which each has a short window after the
other, so that a slow phase of the machine meets all of them."""

import math
import statistics
from array import array

from . import peers, works

SAME_AFTER_TRAINING = 0.02  # of the way that the outputs went: orders of summation differ over thousands of steps
SAME_PREDICTION = 1e-3


class Entry:
    """What became of one peer on one work."""

    def __init__(self, peer):
        self.peer = peer
        self.refusal = self.differences = self.version = self.core_type = ""
        self.losses = None      # before, after
        self.verdict = ""       # same, alike, unlike; "" for the limit loop
        self.rates = []         # patterns per second, one per round

    @property
    def rate(self):
        return statistics.median(self.rates) if self.rates else None

    def ratio_of(self, ours):
        """How many times quicker ours is: median over the rounds of neighbouring windows."""
        if not self.rates or not ours.rates:
            return None
        return statistics.median(mine / theirs for mine, theirs in zip(ours.rates, self.rates))


def distance(one, other):
    return math.sqrt(sum((a - b) ** 2 for a, b in zip(one, other)))


def verdict(trains, before, after, our_before, our_after, losses, our_losses):
    """same: the outputs are ours; alike: the loss falls at least a third as far, in logarithms; unlike: it does not."""
    if len(after) != len(our_after) or not all(map(math.isfinite, after)):
        return "unlike"
    scale = distance(our_after, our_before) if trains else distance(our_after, [0.0] * len(our_after))
    if distance(after, our_after) <= (SAME_AFTER_TRAINING if trains else SAME_PREDICTION) * scale:
        return "same"
    if not trains:
        return "alike"  # own weights: nothing falls, only the work is the same
    (theirs_before, theirs_after), (ours_before, ours_after) = losses, our_losses
    if min(theirs_before, ours_before, ours_after) <= 0.0:
        return "unlike"
    needed = min(0.0, math.log(ours_after / ours_before)) / 3
    return "alike" if theirs_after < theirs_before and theirs_after <= theirs_before * math.exp(needed) else "unlike"


class Measurement:
    """The peers of one work, started and opened."""

    def __init__(self, work, commands, core, say):
        self.work, self.core, self.say = work, core, say
        self.file = peers.BUILD / "work.bin"
        self.targets = works.write(work, self.file)
        self.entries = {name: Entry(peer) for name, (peer, _) in commands.items()}
        self.commands = {name: command for name, (_, command) in commands.items()}
        self.running = {}

    def start(self, name, core_type=""):
        entry = self.entries[name]
        process = peers.Process(self.commands[name], self.core, core_type if entry.peer.system_blas else "")
        try:
            entry.version, _, entry.core_type = " ".join(process.ask("version")[1:]).partition(" running ")
            words = process.ask(f"open {self.file}")
        except peers.Gone as fault:
            words = ["refused", str(fault)]
        if words[0] == "refused":
            entry.refusal = " ".join(words[1:])
            process.close()
            return None
        entry.loss, entry.differences = words[1], " ".join(words[2:])
        return process

    def window(self, name, process, seconds):
        _, patterns, elapsed = process.ask(f"time {seconds}", 600.0)
        return float(patterns) / float(elapsed)

    def quickest_core_type(self, seconds):
        """The kernels of OpenBLAS that do this work quickest, measured with the yardstick in interleaved windows."""
        if "openblas" not in self.commands:
            return ""
        tried = {kind: self.start("openblas", kind) for kind in peers.core_types()}
        rates = {kind: [] for kind, process in tried.items() if process}
        try:
            for _ in range(4):
                for kind in rates:
                    rates[kind].append(self.window("openblas", tried[kind], seconds))
        except peers.Gone:
            return ""
        finally:
            for process in tried.values():
                if process:
                    process.close()
        return max(rates, key=lambda kind: statistics.median(rates[kind][1:])) if rates else ""

    def outputs(self, process, epochs):
        path = peers.BUILD / "outputs.bin"
        process.ask(f"epochs {epochs} {path}", 600.0)
        numbers = array("f")
        numbers.frombytes(path.read_bytes())
        return numbers

    def check(self):
        """Ours first: it is what the others are held against."""
        ours = None
        for name in sorted(self.running, key=lambda n: n != "deltarule"):
            entry = self.entries[name]
            if entry.peer.kind == "limit":
                continue
            try:
                before = self.outputs(self.running[name], 0)
                after = self.outputs(self.running[name], self.work.epochs) if self.work.trains else before
            except peers.Gone as fault:
                self.drop(name, str(fault))
                continue
            entry.losses = tuple(works.loss_of(entry.loss, y, self.targets, self.work.count) for y in (before, after))
            ours = ours or (before, after, entry.losses)
            entry.verdict = verdict(self.work.trains, before, after, ours[0], ours[1], entry.losses, ours[2])
            self.say(f"    {name:10} loss {entry.losses[0]:.4f} -> {entry.losses[1]:.4f}  {entry.verdict}")

    def drop(self, name, reason):
        self.entries[name].refusal = reason
        self.entries[name].rates = []
        self.running.pop(name).close()

    def rounds(self, count, seconds):
        """One round more than counted: the first warms up. Each round starts with another peer."""
        for number in range(count + 1):
            names = list(self.running)
            shift = number % len(names)
            for name in names[shift:] + names[:shift]:
                try:
                    rate = self.window(name, self.running[name], seconds)
                except peers.Gone as fault:
                    self.drop(name, str(fault))
                    continue
                if number > 0:
                    self.entries[name].rates.append(rate)

    def run(self, count, seconds):
        core_type = self.quickest_core_type(seconds)
        if "openblas" in self.commands:
            self.say(f"    quickest OpenBLAS kernels: {core_type or 'its own choice'}")
        try:
            for name in self.commands:
                process = self.start(name, core_type)
                if process:
                    self.running[name] = process
            self.check()
            self.rounds(count, seconds)
        finally:
            for process in self.running.values():
                process.close()
        return self.entries
