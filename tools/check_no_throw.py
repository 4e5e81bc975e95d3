#!/usr/bin/env python3
"""Holds three promises of docs/design.md: nothing below src/app throws, ends the process or prints; the operating system
is reached only from the listed files of base and io (and its clock from none of them into a result); the command line
is left to cli. Each run first proves on planted lines that every rule bites. Not a compiler: -fno-exceptions is the
second lock on the same door."""

import re
import sys
import tempfile
from pathlib import Path

from source_scan import ROOT, code_only, finish, includes, self_test_failed, sources

BELOW_APP = ("base", "derivation", "kernels", "io", "data", "network", "training", "model", "explain")

# (what it is called in a message, pattern), forbidden below src/app.
TOKENS = [
    ("throw", r"\bthrow\b"),
    ("try", r"\btry\b"),
    ("catch", r"\bcatch\b"),
    ("ends the process", r"\b(?:abort|exit|_exit|_Exit|quick_exit|terminate)\s*\("),
    ("prints", r"\b(?:printf|fprintf|vprintf|puts|fputs|putchar|perror)\s*\(|\bstd::(?:cout|cerr|clog)\b"),
    ("throws when out of range", r"\.\s*at\s*\(|\bstd::sto(?:i|l|ll|ul|ull|f|d|ld)\s*\("),
    ("skips a check in release builds or ends the process", r"\bHWY_(?:ASSERT|ABORT)\s*\("),
]

# What reaches the operating system, forbidden everywhere in src and cli except in the files named below.
SYSTEM_HEADERS = {
    "clock": {"chrono", "ctime", "time.h", "sys/time.h"},
    "files": {"fstream", "filesystem", "fcntl.h", "sys/stat.h", "sys/mman.h", "dirent.h", "cstdio", "stdio.h"},
    "threads": {"thread", "future", "condition_variable", "pthread.h", "sched.h", "semaphore", "barrier", "latch"},
    "terminal": {"sys/ioctl.h", "termios.h"},
    "signals": {"csignal", "signal.h"},
    "other calls": {"unistd.h", "sys/types.h", "sys/wait.h", "sys/resource.h", "poll.h", "dlfcn.h", "random"},
}
SYSTEM_CALLS = [
    ("clock", r"\bstd::chrono\b|\bclock_gettime\s*\(|\bgettimeofday\s*\("),
    ("environment", r"\b(?:secure_)?getenv\s*\(|\bsetenv\s*\(|\benviron\b"),
    ("randomness", r"\brandom_device\b|\bs?rand\s*\(|\bgetrandom\s*\("),
    ("locale", r"\bsetlocale\s*\(|\bstd::locale\b"),
]

# Where the operating system may be reached, one file per subject, and which subjects.
LISTED = {
    # The command line may include the public face only, so its own terminal is one file there.
    "cli/terminal.cpp": {"terminal", "clock", "environment", "signals", "threads", "other calls"},
    "src/base/thread_team.cpp": {"threads", "other calls"},
    "src/base/environment.cpp": {"environment"},
    "src/base/machine.cpp": {"files"},  # the system's account of caches and processor
    "src/app/engine/machine.cpp": {"clock"},  # times the machine, never a run
    "src/app/fit/time_limit.cpp": {"clock"},  # ends a run; after which weight change is kept in the model
    "src/io/file.cpp": {"files", "other calls"},
    "src/io/atomic_file.cpp": {"files", "other calls"},
    "src/io/folder.cpp": {"files"},
    "src/io/lock.cpp": {"files", "other calls"},
    "src/io/memory.cpp": {"other calls"},
    "src/io/spool.cpp": {"files", "other calls"},
}


class Scan:
    def __init__(self, root):
        self.root = root
        self.faults = []
        self.files = 0

    def run(self):
        for path in sources(self.root, "src", "cli"):
            self.files += 1
            text = (self.root / path).read_text(encoding="utf-8")
            code = code_only(text)
            if path.parts[0] == "src" and path.parts[1] in BELOW_APP:
                self.match(path, code, TOKENS, "below src/app: ")
            allowed = LISTED.get(str(path), set())
            self.match(path, code, [rule for rule in SYSTEM_CALLS if rule[0] not in allowed], "operating system: ")
            for line, name, _ in includes(text):
                subject = next((s for s, headers in SYSTEM_HEADERS.items() if name in headers), None)
                if subject and subject not in allowed:
                    self.faults.append(f"{path}:{line}: operating system: {subject}: <{name}>")
        return self

    def match(self, path, code, rules, where):
        for what, pattern in rules:
            for match in re.finditer(pattern, code):
                line = code.count("\n", 0, match.start()) + 1
                self.faults.append(f"{path}:{line}: {where}{what}: {match.group().strip()}")


PLANTED = [
    ("src/base/a.cpp", "void f() { throw 1; }", True),
    ("src/model/a.cpp", "void f() { try { g(); } catch (...) {} }", True),
    ("src/io/a.cpp", "void f() { std::abort(); }", True),
    ("src/io/a.cpp", "void f() { exit (1); }", True),
    ("src/data/readers/a.cpp", 'void f() { std::fprintf(stderr, "x"); }', True),
    ("src/training/a.hpp", "inline void f() { std::cout << 1; }", True),
    ("src/data/a.cpp", "int f(std::vector<int>& v) { return v.at(3); }", True),
    ("src/data/a.cpp", "double f(std::string s) { return std::stod(s); }", True),
    ("src/training/a.cpp", "#include <chrono>", True),
    ("src/training/a.cpp", "auto f() { return std::chrono::steady_clock::now(); }", True),
    ("src/kernels/a.cpp", 'auto f() { return std::getenv("X"); }', True),
    ("src/network/a.cpp", "#include <thread>", True),
    ("src/data/a.cpp", "#include <sys/mman.h>", True),
    ("src/app/a.cpp", "#include <unistd.h>", True),
    ("src/app/a.cpp", "#include <fstream>", True),
    ("src/app/engine/trainer.cpp", "#include <chrono>", True),
    ("cli/a.cpp", "#include <sys/ioctl.h>", True),
    ("src/base/random.cpp", "int f() { return rand(); }", True),
    ("src/base/a.cpp", '// throw, try, catch\nconst char* s = "throw exit( printf(";', False),
    ("src/base/a.cpp", "int n = 1'000; void retry(); int exit_code(int); bool f() noexcept;", False),
    ("src/app/a.cpp", "void f() { throw 1; }", False),
    ("src/base/thread_team.cpp", "#include <thread>", False),
]


def self_test():
    missed = []
    for file, line, is_fault in PLANTED:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / file
            path.parent.mkdir(parents=True)
            path.write_text(line + "\n", encoding="utf-8")
            faults = Scan(Path(folder)).run().faults
            if bool(faults) != is_fault:
                missed.append(f"{file}: {line}: {'not caught' if is_fault else faults[0]}")
    return missed


def main():
    if self_test_failed("check_no_throw", self_test()):
        return 1
    scan = Scan(ROOT).run()
    if scan.files < 30:
        scan.faults.append(f"only {scan.files} files found: is this the whole tree?")
    return finish("check_no_throw", scan.faults, f"{scan.files} files, {len(PLANTED)} planted")


if __name__ == "__main__":
    sys.exit(main())
