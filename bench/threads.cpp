// Holds the promise that threads never hurt: over a grid of networks and batches, training with every number of threads
// that the machine has takes at most 1/0.95 of the time of one thread, with the same bits, and two threads are 1.7
// times as quick where a step takes more than half a millisecond. Both are timed in turns in one run, best window
// against best window. Ends with 1 when a promise is broken, with 2 when some could not be looked at, since other
// programs (or the neighbours of a virtual machine) had the cores. `bench_threads [--quick]`.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/clock.hpp"
#include "cli/bench/works.hpp"

namespace bench = deltarule::bench;

namespace {

constexpr double kNeverBelow = 0.95;
constexpr double kGain = 1.7;         // of two threads …
constexpr double kLongStep = 0.5e-3;  // … for steps longer than this
constexpr double kBusy = 0.1;         // of a core, taken by others
constexpr std::size_t kBatches[] = {1, 8, 32, 128, 256, 1000};
constexpr double kWindow = 1e-3;        // seconds
constexpr std::size_t kMostRounds = 6;  // noise makes a ratio look bad, never good twice: measure again before failing

struct Pair {
  std::unique_ptr<bench::Job> one, many;
  double best_one = std::numeric_limits<double>::infinity();
  double best_many = std::numeric_limits<double>::infinity();
  std::size_t times = 1;

  [[nodiscard]] double ratio() const { return best_one / best_many; }
  [[nodiscard]] double seconds_per_step(std::size_t batch) const {
    const double steps = static_cast<double>(one->patterns()) / static_cast<double>(batch);
    return best_one / (static_cast<double>(times) * steps);
  }
};

double seconds_of(bench::Job& job, std::size_t times) {
  const double began = bench::seconds_now();
  job.run(times);
  return bench::seconds_now() - began;
}

/// Both run equally often, so that their weights must stay equal.
void calibrate(Pair& pair) {
  for (pair.times = 1;; pair.times *= 2) {
    const double seconds = seconds_of(*pair.one, pair.times);
    pair.many->run(pair.times);
    if (seconds >= kWindow) return;
  }
}

void measure(Pair& pair, double seconds) {
  const double began = bench::seconds_now();
  while (bench::seconds_now() - began < seconds) {
    pair.best_one = std::min(pair.best_one, seconds_of(*pair.one, pair.times));
    pair.best_many = std::min(pair.best_many, seconds_of(*pair.many, pair.times));
  }
}

/// Seconds that the cores of this machine have worked since it was started, and taken by neighbours of a virtual one.
double seconds_of_all() {
  std::ifstream file("/proc/stat");
  std::string name;
  double user = 0, nice = 0, system = 0, idle = 0, waiting = 0, interrupts = 0, soft = 0, stolen = 0;
  file >> name >> user >> nice >> system >> idle >> waiting >> interrupts >> soft >> stolen;
  return (user + nice + system + interrupts + soft + stolen) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double seconds_of_this_process() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// How much of a core others have had since the last look. Where they have some, it means nothing that several threads
/// are no quicker than one.
class Others {
 public:
  double cores() {
    const double wall = bench::seconds_now(), theirs = seconds_of_all() - seconds_of_this_process();
    const double share = (theirs - theirs_) / (wall - wall_);
    wall_ = wall;
    theirs_ = theirs;
    return share;
  }

 private:
  double wall_ = bench::seconds_now();
  double theirs_ = seconds_of_all() - seconds_of_this_process();
};

bench::Work work_of(const std::string& net, std::size_t batch, std::size_t threads) {
  bench::Work work;
  work.net = net;
  work.kind = bench::Kind::batches;
  work.spec = bench::chain(net, "relu", "sigmoid");
  work.batch = batch;
  work.rule = deltarule::DeltaRule{0.01};
  work.threads = threads;
  return work;
}

double needed(const Pair& pair, std::size_t batch, std::size_t threads) {
  return threads == 2 && pair.seconds_per_step(batch) > kLongStep ? kGain : kNeverBelow;
}

enum class Verdict { held, broken, busy };

/// One point of the grid.
Verdict check(const std::string& net, std::size_t batch, std::size_t threads, double seconds) {
  Pair pair;
  pair.one = bench::prepare(work_of(net, batch, 1));
  pair.many = bench::prepare(work_of(net, batch, threads));
  calibrate(pair);
  Others others;
  double least = std::numeric_limits<double>::infinity();  // of a core, that others had in the quietest round
  for (std::size_t round = 0; round < kMostRounds; ++round) {
    measure(pair, seconds);
    least = std::min(least, others.cores());
    if (pair.ratio() >= needed(pair, batch, threads)) break;
  }
  const bool same = pair.one->fingerprint() == pair.many->fingerprint();
  const double bar = needed(pair, batch, threads);
  const bool quick = pair.ratio() >= bar;
  const Verdict verdict = same && quick ? Verdict::held : same && least > kBusy ? Verdict::busy : Verdict::broken;
  constexpr const char* kWords[] = {"", "  BROKEN", "  the cores are busy"};
  std::printf("%-20s %6zu %8zu %12.2f %8.2f %8.2f  %s%s\n", net.c_str(), batch, threads,
              pair.seconds_per_step(batch) * 1e6, pair.ratio(), bar, same ? "same bits" : "OTHER BITS",
              kWords[static_cast<std::size_t>(verdict)]);
  std::fflush(stdout);
  return verdict;
}

}  // namespace

int main(int count, char** arguments) {
  const bool quick = count > 1 && std::strcmp(arguments[1], "--quick") == 0;
  const std::size_t most = std::max(1U, std::thread::hardware_concurrency());
  const double seconds = quick ? 0.2 : 0.5;
  const std::vector<std::string> nets = {"2-2-1",      "8-16-4",         "64-32-10",         "30-100-100-1",
                                         "784-100-10", "784-512-512-10", "1024-1024-1024-10"};
  std::printf("%-20s %6s %8s %12s %8s %8s\n", "network", "batch", "threads", "us/step", "ratio", "needed");
  std::size_t points = 0, broken = 0, busy = 0;
  for (const std::string& net : nets) {
    for (const std::size_t batch : kBatches) {
      for (std::size_t threads = 2; threads <= most;
           threads = threads < most ? std::min(threads * 2, most) : most + 1) {
        ++points;
        const Verdict verdict = check(net, batch, threads, seconds);
        broken += verdict == Verdict::broken ? 1 : 0;
        busy += verdict == Verdict::busy ? 1 : 0;
      }
    }
  }
  std::printf("%zu points, %zu broken, %zu not measurable\n", points, broken, busy);
  if (points == 0) std::printf("this machine runs one thread only: nothing was compared\n");
  if (broken > 0) return 1;
  return busy > 0 || points == 0 ? 2 : 0;
}
