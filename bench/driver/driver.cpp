// Times works on command, so that two builds of the library can be timed in turns: bench/regress runs one of these for
// each version. Uses the public face only. Commands on standard input, one answer line each:
//   works                   names of all works, tabs between them
//   time WINDOWS NAME       seconds per pattern: the best and the middle of so many windows (at most a second of them)
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

#include "bench/clock.hpp"
#include "cli/bench/stopwatch.hpp"
#include "cli/bench/works.hpp"

namespace bench = deltarule::bench;

namespace {

struct Prepared {
  std::unique_ptr<bench::Job> job;
  std::unique_ptr<bench::Stopwatch> stopwatch;
};

void time(Prepared& prepared, const bench::Work& work, std::size_t windows) {
  if (!prepared.job) prepared.job = bench::prepare(work);
  if (!prepared.stopwatch) {
    const auto clock = work.threads == 1 ? bench::thread_seconds : bench::seconds_now;
    prepared.stopwatch = std::make_unique<bench::Stopwatch>(*prepared.job, clock);
  }
  prepared.stopwatch->forget();
  const double began = bench::seconds_now();
  for (std::size_t i = 0; i < windows && (i == 0 || bench::seconds_now() - began < 1.0); ++i) {
    prepared.stopwatch->window();
  }
  std::cout << prepared.stopwatch->best() << ' ' << prepared.stopwatch->median() << std::endl;
}

}  // namespace

int main() {
  const unsigned threads = std::thread::hardware_concurrency();
  std::map<std::string, bench::Work> works;
  std::string names;
  for (const bench::Work& work : bench::all_works(threads == 0 ? 1 : threads, false)) {
    works[work.name()] = work;
    names += (names.empty() ? "" : "\t") + work.name();
  }
  std::map<std::string, Prepared> prepared;
  std::cout.precision(9);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command, name;
    std::size_t windows = 0;
    words >> command;
    if (command == "works") {
      std::cout << names << std::endl;
    } else if (command == "time" && words >> windows >> std::ws && std::getline(words, name) && works.contains(name)) {
      time(prepared[name], works[name], windows);
    } else {
      std::cerr << "driver: not understood: " << line << '\n';
      return 2;
    }
  }
}
