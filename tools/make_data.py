#!/usr/bin/env python3
"""Writes a small generated table as CSV to standard output: the same bytes for the same options.

  spirals    two interleaved spirals in the unit circle; columns x1, x2, class (0 or 1). A line cannot part them.
  friedman1  y = 10 sin(pi x1 x2) + 20 (x3 - 1/2)^2 + 10 x4 + 5 x5 + noise, x1 ... x10 uniform in [0, 1), the last five
             without influence (Friedman 1991); columns x1 ... x10, y.
  xor        the four patterns of exclusive or, in order, over and over; columns x1, x2, y.

Noise is normal; its standard deviation is in the units of x for spirals and xor, of y for friedman1.
"""
import argparse
import math
import random
import sys

DEFAULTS = {"spirals": (1000, 0.05), "friedman1": (2000, 1.0), "xor": (4, 0.0)}


def spirals(rows, noise, draw, turns):
    """Rows alternate between the arms. sqrt: as many points per length of arm everywhere."""
    yield ["x1", "x2", "class"]
    for row in range(rows):
        arm = row % 2
        radius = math.sqrt(draw.random())
        angle = 2.0 * math.pi * turns * radius + math.pi * arm
        x1 = radius * math.cos(angle) + draw.gauss(0.0, noise)
        x2 = radius * math.sin(angle) + draw.gauss(0.0, noise)
        yield [f"{x1:.6f}", f"{x2:.6f}", str(arm)]


def friedman1(rows, noise, draw):
    yield [f"x{i}" for i in range(1, 11)] + ["y"]
    for _ in range(rows):
        x = [draw.random() for _ in range(10)]
        y = 10.0 * math.sin(math.pi * x[0] * x[1]) + 20.0 * (x[2] - 0.5) ** 2 + 10.0 * x[3] + 5.0 * x[4]
        yield [f"{value:.6f}" for value in x] + [f"{y + draw.gauss(0.0, noise):.6f}"]


def xor(rows, noise, draw):
    yield ["x1", "x2", "y"]
    for row in range(rows):
        bits = [row // 2 % 2, row % 2]
        inputs = [f"{bit + draw.gauss(0.0, noise):.6f}" if noise > 0 else str(bit) for bit in bits]
        yield inputs + [str(bits[0] ^ bits[1])]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=sorted(DEFAULTS))
    parser.add_argument("--rows", type=int, help="number of rows (1000, 2000, 4)")
    parser.add_argument("--noise", type=float, help="standard deviation of the noise (0.05, 1, 0)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--turns", type=float, default=1.5, help="turns of each spiral (1.5)")
    options = parser.parse_args()
    default_rows, default_noise = DEFAULTS[options.table]
    rows = default_rows if options.rows is None else options.rows
    noise = default_noise if options.noise is None else options.noise
    if rows < 1 or noise < 0:
        parser.error("--rows must be at least 1 and --noise at least 0")
    draw = random.Random(options.seed)
    makers = {"spirals": lambda: spirals(rows, noise, draw, options.turns),
              "friedman1": lambda: friedman1(rows, noise, draw),
              "xor": lambda: xor(rows, noise, draw)}
    for fields in makers[options.table]():
        sys.stdout.write(",".join(fields) + "\n")


if __name__ == "__main__":
    main()
