#include "app/fit/history.hpp"

#include <cmath>

#include "io/number.hpp"

namespace deltarule {
namespace app {

std::vector<EpochRecord> records_of(const FitResult& training, double learning_rate) {
  std::vector<EpochRecord> records;
  records.reserve(training.history.size());
  for (const EpochReport& epoch : training.history)
    records.push_back({.epoch = epoch.epoch,
                       .steps = epoch.steps,
                       .training_loss = epoch.training_loss,
                       .validation_loss = epoch.validation_loss,
                       .validation_score = epoch.validation_score,
                       .learning_rate = learning_rate * epoch.rate_factor});
  return records;
}

std::vector<EpochRecord> kept_records(const FitResult& training, double learning_rate) {
  std::vector<EpochRecord> all = records_of(training, learning_rate);
  const std::size_t every = (all.size() + kMostEpochsKept - 1) / kMostEpochsKept;
  if (every <= 1) return all;
  std::vector<EpochRecord> kept;
  for (const EpochRecord& record : all)
    if (record.epoch % every == 0 || record.epoch == training.best_epoch || record.epoch == all.back().epoch)
      kept.push_back(record);
  return kept;
}

}  // namespace app

std::string history_csv(const FitReport& report) {
  std::string text =
      "epoch,steps,training_loss,validation_loss,best_validation_loss,validation_score,best_validation_score,"
      "learning_rate\n";
  for (const EpochReport& epoch : report.training.history) {
    text += std::to_string(epoch.epoch) + "," + std::to_string(epoch.steps);
    for (const double value :
         {epoch.training_loss, epoch.validation_loss, epoch.best_validation_loss, epoch.validation_score,
          epoch.best_validation_score, report.learning_rate * epoch.rate_factor})
      text += std::isfinite(value) ? "," + io::to_text(value) : ",";
    text += "\n";
  }
  return text;
}

}  // namespace deltarule
