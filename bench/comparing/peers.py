"""Who is compared: how each adapter is found or built, started on one core with one thread, and spoken to."""

import os
import select
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "compare"
ADAPTERS = ROOT / "bench" / "peers"

# One thread, whatever the library reads.
ONE_THREAD = {name: "1" for name in (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")}
ONE_THREAD["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
ONE_THREAD["JAX_PLATFORMS"] = "cpu"


@dataclass(frozen=True)
class Peer:
    name: str    # also of its program: peer_NAME
    title: str
    kind: str    # ours, library, yardstick, limit
    module: str = ""  # a Python peer: the module it needs; its adapter is NAME_peer.py
    package: str = ""  # what to install when it is missing
    system_blas: bool = False  # multiplies by the system's OpenBLAS, whose kernels are chosen by measurement


PEERS = [
    Peer("peak", "FMA loop", "limit"),
    Peer("deltarule", "deltarule", "ours"),
    Peer("fann", "FANN", "library", package="libfann-dev"),
    Peer("dlib_mlp", "dlib mlp", "library", package="libdlib-dev", system_blas=True),
    Peer("dlib_dnn", "dlib dnn", "library", package="libdlib-dev", system_blas=True),
    Peer("opencv", "OpenCV ANN_MLP", "library", package="libopencv-ml-dev"),
    Peer("libtorch", "libtorch", "library", package="libtorch-dev", system_blas=True),
    Peer("pytorch", "PyTorch", "library", module="torch", package="python3-torch", system_blas=True),
    Peer("sklearn", "scikit-learn", "library", module="sklearn", package="scikit-learn (PyPI)"),
    Peer("jax", "JAX jit", "library", module="jax", package="jax[cpu] (PyPI)"),
    Peer("openblas", "on OpenBLAS", "yardstick", package="libopenblas-pthread-dev", system_blas=True),
    Peer("blis", "on BLIS", "yardstick", package="libblis-pthread-dev"),
    Peer("dnnl", "on oneDNN", "yardstick", package="libdnnl-dev"),
    Peer("xsmm", "on libxsmm", "yardstick", package="libxsmm-dev", system_blas=True),
]


def build():
    """Compiles the adapters whose libraries are there, and our engine, as `make build` would."""
    BUILD.mkdir(parents=True, exist_ok=True)
    log = BUILD / "build.log"
    configure = ["cmake", "-S", str(ROOT), "-B", str(BUILD), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                 "-DDELTARULE_DEVELOPER=ON", "-DDELTARULE_PEERS=ON"]
    with open(log, "w", encoding="utf-8") as out:
        for command in (configure, ["cmake", "--build", str(BUILD), "--target", "peers", "--", "-k", "0"]):
            done = subprocess.run(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, check=False)
            if done.returncode != 0:
                print(f"compare: not everything was built, see {log.relative_to(ROOT)}", file=sys.stderr)


def interpreter_with(module):
    """A Python that has this module: the environment of `scripts/setup peers`, then Debian's, then this one."""
    look = f"import importlib.util, sys; sys.exit(importlib.util.find_spec('{module}') is None)"
    for candidate in (ROOT / "build" / "peers-venv" / "bin" / "python", "/usr/bin/python3", sys.executable):
        if shutil.which(str(candidate)) and subprocess.run([candidate, "-c", look], check=False).returncode == 0:
            return str(candidate)
    return None


def command_of(peer):
    """How to start it, or None when it is not there."""
    if peer.module:
        python = interpreter_with(peer.module)
        return [python, str(ADAPTERS / f"{peer.name}_peer.py")] if python else None
    program = BUILD / "bin" / f"peer_{peer.name}"
    return [str(program)] if program.exists() else None


def core_types():
    """The kinds of kernels of OpenBLAS that this processor can run; "" = its own choice."""
    try:
        flags = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        flags = set()
    types = [""]
    if {"avx2", "fma"} <= flags:
        types += ["Haswell", "Zen"]
    if {"avx512f", "avx512dq", "avx512bw", "avx512vl"} <= flags:
        types.append("SkylakeX")
    return types


class Gone(Exception):
    """A peer ended, or did not answer in time."""


class Process:
    """One running adapter."""

    def __init__(self, command, core, core_type=""):
        environment = {**os.environ, **ONE_THREAD}
        environment.pop("OPENBLAS_CORETYPE", None)
        if core_type:
            environment["OPENBLAS_CORETYPE"] = core_type
        self.log = open(BUILD / "peers.log", "a", encoding="utf-8")
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, env=environment,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}))
        self.buffer = b""

    def ask(self, line, seconds=180.0):
        """Sends a line and returns the words of the answer. A refusal ends it, except of what it is to open."""
        try:
            self.process.stdin.write((line + "\n").encode())
            self.process.stdin.flush()
        except OSError as fault:
            raise Gone(f"ended before `{line}`") from fault
        while True:
            while b"\n" in self.buffer:
                answer, self.buffer = self.buffer.split(b"\n", 1)
                if answer.startswith(b"peer: refused") and not line.startswith("open"):
                    raise Gone(answer[14:].decode())
                if answer.startswith(b"peer: "):
                    return answer[6:].decode().split()
            if not select.select([self.process.stdout], [], [], seconds)[0]:
                raise Gone(f"no answer to `{line.split()[0]}` in {seconds:.0f} s")
            more = os.read(self.process.stdout.fileno(), 65536)
            if not more:
                raise Gone(f"ended at `{line.split()[0]}`")
            self.buffer += more

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()
