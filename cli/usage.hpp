// Values of options, from text to numbers and lists, with errors that say what was typed and what is possible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "deltarule/deltarule.hpp"

namespace deltarule::cli {

/// A fault of the command line: "place: got; needed". Thrown.
[[noreturn]] void refuse(std::string place, std::string got, std::string needed, std::string fix = {});

/// What numbers an option takes; `needed` says it in words, `example` is one that is right.
struct RealRange {
  double low = 0.0;
  double high = 0.0;
  bool with_low = false;
  bool with_high = false;
  std::string_view needed;
  std::string_view example;
};

[[nodiscard]] double real_value(std::string_view option, const std::string& text, const RealRange& range);
[[nodiscard]] std::uint64_t whole_value(std::string_view option, const std::string& text, std::uint64_t least,
                                        std::string_view needed, std::string_view example);
/// One of `words`; otherwise refused with the nearest of them.
[[nodiscard]] std::string one_of(std::string_view option, const std::string& text,
                                 const std::vector<std::string>& words);

[[nodiscard]] Hidden hidden_value(const std::string& text);      ///< "64,32", "none"
[[nodiscard]] Dropout dropout_value(const std::string& text);    ///< "0.5", "h1=0.5,inputs=0.2"
[[nodiscard]] std::size_t batch_value(const std::string& text);  ///< "1", "32", "all" = 0
[[nodiscard]] std::size_t threads_value(const std::string& text);
[[nodiscard]] double until_value(const std::string& text);                             ///< "tss<0.04"
[[nodiscard]] double seconds_value(std::string_view option, const std::string& text);  ///< "60s", "1.5m", "2h", "90"
[[nodiscard]] CheckpointInterval interval_value(const std::string& text);     ///< "60s", "5epochs", "1000steps"
[[nodiscard]] RecordInterval record_interval_value(const std::string& text);  ///< "10", "10epochs", "1000steps"
/// Sets what is named: "weights,deltas", from all times that the option was given.
void set_record(const std::vector<std::string>& given, RecordOptions& record);
[[nodiscard]] std::size_t record_rows_value(const std::string& text);  ///< "100", "all"
/// A number as text, if the whole text is one.
[[nodiscard]] bool is_number(std::string_view text);
[[nodiscard]] char delimiter_value(const std::string& text);  ///< , ; | tab, or their names
[[nodiscard]] Names missing_value(const std::vector<std::string>& given);

/// "balanced", or "CLASS=WEIGHT,CLASS=WEIGHT", repeated or with commas between; names may have commas of their own.
/// `h1=0.1,out=2`, from all times that the option was given.
[[nodiscard]] std::vector<std::pair<std::string, double>> layer_rate_value(const std::vector<std::string>& given);
[[nodiscard]] ClassWeights class_weight_value(const std::vector<std::string>& given);

/// Column names as given: each text is a column's name as it stands, or a list of names with commas between.
[[nodiscard]] std::vector<std::string> column_list(const std::vector<std::string>& given,
                                                   const std::vector<std::string>& columns);
[[nodiscard]] std::vector<std::string> split_at_commas(const std::string& text);

}  // namespace deltarule::cli
