// Marked answers as plain data: what a student reckoned, beside what is right and what follows from the slip before.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace deltarule {

/// follows: wrong, but right for whoever has the earlier numbers of these answers.
enum class Mark { right, follows, wrong };

struct MarkedAnswer {
  std::string name = {};  ///< "delta(h1.1)"
  int equation = 0;       ///< 0: a = f(I)
  double given = 0.0;
  double right = 0.0;
  double following = 0.0;  ///< from the earlier answers as they were given
  Mark mark = Mark::right;
};

struct Marking {
  std::size_t asked = 0;                   ///< questions that there are
  std::vector<MarkedAnswer> answers = {};  ///< in the order of computation
  std::size_t right = 0, follow = 0, wrong = 0;
  std::string first_wrong = {};  ///< the first that is wrong by itself; empty: none
  int first_equation = 0;
  std::string mistake = {}, mistake_in_words = {};  ///< the classic mistake that gives this number; empty: none does
};

}  // namespace deltarule
