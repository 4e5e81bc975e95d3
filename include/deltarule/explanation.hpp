// An explanation as plain data: why the weights of a network move for one pattern, line by line, each line an equation
// of docs/derivation.md with its symbols, the numbers put in, the value, and what proves it. What makes one is
// explain.hpp; the renderers turn it into text, Markdown, LaTeX or JSON.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace deltarule {

/// Whose letters, signs and order of indices are printed (docs/explain.md). The numbers of δ follow the sign.
enum class Notation { deltarule, nielsen, pytorch, pdp };

/// A classic mistake that the derivation is run with, so that the proof can name the equation that it breaks.
enum class Mistake {
  none,
  sign,                  ///< (9) without its minus
  transpose,             ///< (11) and (12) read the weights with their indices swapped
  no_derivative,         ///< (10) and (12) without f′
  derivative_of_output,  ///< (8) takes f′ at a, not at I
  forgot_bias,           ///< (4) without the bias
  updated_weights,       ///< (12) with weights that have been changed already
  wrong_index,           ///< (6) with the activation of the receiving unit
  missing_half,          ///< (1) without the ½
};

enum class ExplainFormat { text, markdown, latex, json };

struct ExplainOptions {
  std::size_t pattern = 0;  ///< row of the data, from 1; 0: the first, of a demo its own
  std::string unit = {};    ///< "h1.2", "y1", an output's name; empty: chosen
  std::string weight = {};  ///< "x3:h1.2"; empty: chosen
  bool step = false;        ///< also one real step of the trainer, on a copy
  bool check = false;       ///< prove each line
  bool check_all = false;   ///< and each equation at every unit and weight of the network
  Notation notation = Notation::deltarule;
  Mistake mistake = Mistake::none;
  std::size_t terms = 8;  ///< of a sum, or weights of a unit, that are shown
  /// The rule of the step, as `train --optimizer` takes it; without one that of the model's training. Its rate is that
  /// of (2) and (6). Of a demo the delta rule with a rate of 0.5.
  std::optional<std::string> optimizer = {};
  std::optional<double> learning_rate = {}, momentum = {}, weight_decay = {};
  std::size_t after = 0;  ///< steps that the rule has made before, with the rows before this one; 0: it is new
};

struct ExplainLayout {
  ExplainFormat format = ExplainFormat::text;
  int digits = 6;    ///< significant, 3 … 17
  bool hex = false;  ///< every number exact, as 0x1.8p-3
};

/// A text with a place for each number, "#": "# · (1 - #)".
struct Filled {
  std::string form = {};
  std::vector<double> numbers = {};
};

/// One term of a sum.
struct Summand {
  std::string symbols = {};
  Filled numbers = {};
  double value = 0.0;
  std::size_t place = 0;  ///< in the order in which the sum is added, from 1
  std::string name = {};  ///< the user's own for what stands at the other end; may be empty
};

/// A sum, its largest terms first. Added from 0 in the order of their places, and the rest last, the terms give the
/// line's value bit for bit.
struct ExplainedSum {
  std::vector<Summand> shown = {};
  std::size_t more = 0;  ///< terms that are not shown
  double rest = 0.0;     ///< what these add
};

/// The same number by a way that shares nothing with the derivation's.
struct Evidence {
  std::string by = {};  ///< "complex step", "central difference", "engine f32", "difference of E"
  double value = 0.0;
  double digits = 0.0;  ///< to which they agree; 17: to the last bit
  bool agrees = true;
};

/// One equation at one unit or weight.
struct ExplainedLine {
  int equation = 0;        ///< 1 … 12; 0: a line between them, such as a = f(I)
  std::string about = {};  ///< address of the unit or weight
  std::string words = {};
  std::string left = {}, right = {};  ///< the symbols, left and right of the =
  Filled numbers = {};                ///< the right side with numbers put in; empty for a sum
  double value = 0.0;
  int least_digits = 0;  ///< that the value is shown with, whatever the layout says
  std::optional<ExplainedSum> sum = {};
  std::vector<Evidence> evidence = {};
};

struct ExplainedSection {
  std::string title = {};
  std::vector<std::string> words = {};  ///< paragraphs before the lines
  std::vector<ExplainedLine> lines = {};
};

/// What was compared over all of it.
struct ExplainedProof {
  std::size_t compared = 0, failed = 0;
  int first_failed = 0;          ///< the first equation that does not hold, in the order of computation; 0: all do
  std::string first_about = {};  ///< and where
};

struct Explanation {
  std::string title = {};
  std::vector<Filled> setting = {};  ///< network, pattern, targets: a line each
  std::vector<ExplainedSection> sections = {};
  std::optional<ExplainedProof> proof = {};
  std::vector<std::string> closing = {};  ///< how to choose other things
  std::vector<std::string> notices = {};
};

/// What `check_gradients` found. Numbers of all patterns together.
struct GradientCheck {
  std::size_t patterns = 0;
  std::size_t parameters = 0;     ///< of the network: weights, biases and gains that exist
  std::size_t checked = 0;        ///< of them, for each pattern; fewer where all would take too long
  std::size_t complex_steps = 0;  ///< comparisons
  std::size_t central_differences = 0;
  std::size_t at_corners = 0;     ///< slopes that central differences cannot judge: at a corner of a function
  std::size_t engine_slopes = 0;  ///< slopes of the engine, in f64, compared with the derivation's: all of them
  double worst_complex = 0.0, worst_central = 0.0,
         worst_engine = 0.0;  ///< difference, over the larger of 1 and the slope
  std::size_t failed = 0;
  std::vector<std::string> failures = {};  ///< the first ten: address, pattern, both numbers
  std::vector<std::string> notices = {};
};

}  // namespace deltarule
