// Who does what of a step: pieces of work go to the members of a team when that pays. Never decides a bit.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "base/floating_point_mode.hpp"
#include "base/pace.hpp"
#include "base/thread_team.hpp"
#include "network/network.hpp"

namespace deltarule::training {

struct Sharing {
  Sharing(std::size_t threads, std::size_t work) : work_per_thread(work), team(threads) {}

  std::size_t work_per_thread;  // multiply-adds of a phase that a thread must have to do before waking it pays
  base::ThreadTeam team;
  base::Pace pace;
  bool alone = false;  // the step that is being made is not shared, since that was found to be quicker

  /// work(first, last) over pieces 0 … count−1, on the team when that pays; members take at least `least` pieces at a
  /// time. Without a least amount of work per thread every member takes part. Captures one pointer: nothing allocates.
  template <class Work>
  void share(std::size_t count, std::size_t least, std::size_t multiply_adds, const Work& work) {
    if (alone || team.members() == 1 || multiply_adds < 2 * work_per_thread) return work(std::size_t{0}, count);
    const auto part = [&work](std::size_t first, std::size_t last) {
      const base::FlushDenormals mode;
      work(first, last);
    };
    if (work_per_thread == 0) return team.split(count, part);
    team.claim(count, part, least);
  }

  /// Rows that a member takes at a time: whole tiles of the kernels, and few enough parts not to cost their share.
  [[nodiscard]] std::size_t rows_at_a_time(std::size_t rows) const {
    return std::max<std::size_t>(16, (rows / (4 * team.members()) + 7) / 8 * 8);
  }

  /// work(tile) for every tile; owners take whole tiles.
  template <class Work>
  void share_tiles(std::span<const network::Tile> tiles, std::size_t multiply_adds, const Work& work) {
    share(tiles.size(), 1, multiply_adds, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) work(tiles[i]);
    });
  }
};

}  // namespace deltarule::training
