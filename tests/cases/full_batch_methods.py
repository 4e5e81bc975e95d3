"""Plain references for the rules that move all weights together: scaled conjugate gradients, L-BFGS, Levenberg-Marquardt.

Written from the papers, on lists of floats; shares no code with the engine. A method gets `problem`, which has `w` (the
weights that may move), `value(w)`, `gradient(w)` and, for Levenberg-Marquardt, `jacobian(w)` and `decay` (the second
derivative of the penalty, weight by weight), and changes `problem.w`, or leaves it.
"""
import math


def dot(a, b):
    return math.fsum(x * y for x, y in zip(a, b))


def plus(a, factor, b):
    return [x + factor * y for x, y in zip(a, b)]


def minus(a):
    return [-x for x in a]


class Scg:
    """Moller 1993, the algorithm of section 4; N directions and it begins anew. The step of a failure is not taken."""

    def __init__(self, rule):
        self.sigma, self.scale, self.scale_bar = rule["sigma"], rule["lambda"], 0.0
        self.success, self.p, self.r, self.count = True, None, None, 0

    def step(self, problem):
        w, E = problem.w, problem.value(problem.w)
        if self.success:
            r = minus(problem.gradient(w))
            if self.count % len(w) == 0:
                self.p = r
            else:
                beta = (dot(r, r) - dot(r, self.r)) / self.mu
                self.p = plus(r, beta, self.p)
            if dot(self.p, r) <= 0:
                self.p, self.count = r, 0
            self.r, self.mu = r, dot(self.p, r)
            self.count += 1
            sigma = self.sigma / math.sqrt(dot(self.p, self.p))
            difference = plus(problem.gradient(plus(w, sigma, self.p)), 1.0, self.r)  # r is minus the gradient
            self.delta = dot(self.p, [d / sigma for d in difference])
        p2 = dot(self.p, self.p)
        self.delta += (self.scale - self.scale_bar) * p2
        if self.delta <= 0:
            self.scale_bar = 2 * (self.scale - self.delta / p2)
            self.delta = -self.delta + self.scale * p2
            self.scale = self.scale_bar
        alpha = self.mu / self.delta
        there = plus(w, alpha, self.p)
        comparison = 2 * self.delta * (E - problem.value(there)) / self.mu ** 2
        self.success = comparison > 0
        if self.success:
            problem.w, self.scale_bar = there, 0.0
            if comparison >= 0.75:
                self.scale /= 4
        else:
            self.scale_bar = self.scale
        if comparison < 0.25:
            self.scale += self.delta * (1 - comparison) / p2


def least_of_cubic(a, b):
    """Nocedal & Wright (3.59). A point is (alpha, value, slope)."""
    d1 = a[2] + b[2] - 3 * (a[1] - b[1]) / (a[0] - b[0])
    if d1 * d1 - a[2] * b[2] < 0:
        return None
    d2 = math.copysign(math.sqrt(d1 * d1 - a[2] * b[2]), b[0] - a[0])
    return b[0] - (b[0] - a[0]) * (b[2] + d2 - d1) / (b[2] - a[2] + 2 * d2)


def line_search(at, start, alpha, c1, c2):
    """Algorithms 3.5 and 3.6. Longer trials grow by 1.1 to 10; those between two points keep a tenth from both."""
    def armijo(point):
        return point[1] <= start[1] + c1 * point[0] * start[2]

    def curvature(point):
        return abs(point[2]) <= -c2 * start[2]

    before, first = start, True
    while True:
        now = at(alpha)
        if not armijo(now) or (not first and now[1] >= before[1]):
            low, high = before, now
            break
        if curvature(now):
            return now
        if now[2] >= 0:
            low, high = now, before
            break
        further = least_of_cubic(before, now)
        alpha = 10 * alpha if further is None or further <= alpha else min(max(further, 1.1 * alpha), 10 * alpha)
        before, first = now, False
    while True:
        between = least_of_cubic(low, high)
        share = 0.5 if between is None else (between - low[0]) / (high[0] - low[0])
        now = at(low[0] + min(max(share, 0.1), 0.9) * (high[0] - low[0]))
        if not armijo(now) or now[1] >= low[1]:
            high = now
            continue
        if curvature(now):
            return now
        if now[2] * (high[0] - low[0]) >= 0:
            high = low
        low = now


class Lbfgs:
    """Nocedal & Wright, algorithm 7.5 with the inverse Hessian written out as a matrix, (7.16) and (7.19)."""

    def __init__(self, rule):
        self.rule, self.pairs = rule, []

    def direction(self, g):
        if not self.pairs:
            return minus(g)
        n = len(g)
        s, y = self.pairs[-1]
        gamma = dot(s, y) / dot(y, y)
        H = [[gamma if i == j else 0.0 for j in range(n)] for i in range(n)]
        for s, y in self.pairs:
            rho = 1 / dot(y, s)
            Hy = [dot(row, y) for row in H]
            yHy = dot(y, Hy)
            H = [[H[i][j] - rho * (s[i] * Hy[j] + Hy[i] * s[j]) + (rho * rho * yHy + rho) * s[i] * s[j]
                  for j in range(n)] for i in range(n)]
        return minus([dot(row, g) for row in H])

    def step(self, problem):
        w, g, E = problem.w, problem.gradient(problem.w), problem.value(problem.w)
        d = self.direction(g)
        alpha = 1.0 if self.pairs else min(1.0, 1 / math.sqrt(dot(g, g)))

        def at(length):
            there = plus(w, length, d)
            return length, problem.value(there), dot(d, problem.gradient(there))

        found = line_search(at, (0.0, E, dot(d, g)), alpha, self.rule["c1"], self.rule["c2"])
        problem.w = plus(w, found[0], d)
        self.pairs.append((plus(problem.w, -1, w), plus(problem.gradient(problem.w), -1, g)))
        self.pairs = self.pairs[-int(self.rule["history"]):]


def eliminated(A, columns):
    """Solutions of A x = column, by Gaussian elimination with pivots."""
    n = len(A)
    M = [list(A[i]) + [column[i] for column in columns] for i in range(n)]
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(M[i][k]))
        M[k], M[pivot] = M[pivot], M[k]
        for i in range(k + 1, n):
            M[i] = plus(M[i], -M[i][k] / M[k][k], M[k])
    solutions = []
    for c in range(len(columns)):
        x = [0.0] * n
        for k in reversed(range(n)):
            x[k] = (M[k][n + c] - math.fsum(M[k][j] * x[j] for j in range(k + 1, n))) / M[k][k]
        solutions.append(x)
    return solutions


class Marquardt:
    """Hagan & Menhaj 1994; with `bayesian` the objective and the re-estimates of Foresee & Hagan 1997."""

    def __init__(self, rule):
        self.rule, self.mu = rule, rule["mu"]
        self.bayesian, self.alpha, self.beta = rule.get("bayesian", 0) == 1, 0.01, 1.0
        self.gammas = []

    def step(self, problem):
        w, J = problem.w, problem.jacobian(problem.w)  # rows: one per pattern and output, weighted as E is
        n = len(w)
        products = [[math.fsum(row[i] * row[j] for row in J) for j in range(n)] for i in range(n)]
        factor = problem.factor
        if self.bayesian and self.gammas is not None and self.gammas:
            H = [[self.beta / factor * products[i][j] + (self.alpha if i == j else 0) for j in range(n)] for i in range(n)]
            unit = [[float(i == j) for i in range(n)] for j in range(n)]
            trace = math.fsum(x[i] for i, x in enumerate(eliminated(H, unit)))
            gamma = n - self.alpha * trace
            self.gammas.append(gamma)
            self.alpha = gamma / dot(w, w)
            self.beta = (len(J) - gamma) / (2 * problem.value(w) / factor)
        scale, decay = (self.beta / factor, [self.alpha] * n) if self.bayesian else (1.0, problem.decay)
        alpha = self.alpha if self.bayesian else 0.0

        def value(at):
            return scale * problem.value(at) + 0.5 * alpha * dot(at, at)

        downhill = minus(plus([scale * g for g in problem.gradient(w)], alpha, w))
        now = value(w)
        while True:
            H = [[scale * products[i][j] + (self.mu + decay[i] if i == j else 0) for j in range(n)] for i in range(n)]
            there = plus(w, 1.0, eliminated(H, [downhill])[0])
            if value(there) < now:
                problem.w, self.mu = there, self.mu * self.rule["mu_decrease"]
                if self.bayesian and not self.gammas:
                    self.gammas = [None]  # from now on there is a place to estimate at
                return
            self.mu *= self.rule["mu_increase"]
            if self.mu > self.rule["mu_max"]:
                raise ValueError("no step: a case should end before that")


METHODS = {"scg": Scg, "lbfgs": Lbfgs, "lm": Marquardt}
