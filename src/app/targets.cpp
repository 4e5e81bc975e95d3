#include "app/targets.hpp"

#include <string>

#include "app/engine/unwrap.hpp"
#include "io/number.hpp"
#include "network/targets.hpp"

namespace deltarule::app {

bool keeps_targets(const derivation::Loss& loss) { return network::target_range(loss).is_limited(); }

void check_targets(const data::BoundTable& table, std::span<const std::uint32_t> rows, const derivation::Loss& loss) {
  const network::TargetRange range = network::target_range(loss);
  if (!range.is_limited() || table.preprocessing().task != data::Task::regression) return;
  for (const std::uint32_t row : rows)
    for (const data::BoundTarget& target : table.targets()) {
      if (range.holds(target.numbers[row])) continue;
      throw Exception({ErrorCode::data, table.table().place(row, target.column), io::to_text(target.numbers[row]),
                       std::string(range.in_words()) + ": the loss is " + loss.name,
                       "Correct the cell, leave the row out, or train with another --loss"});
    }
}

}  // namespace deltarule::app
