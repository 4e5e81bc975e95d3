// Laws of the checkpoint file: it comes back to the bit, and nothing but a whole one of the right network comes in.
#include "app/run/checkpoint.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "io/reseal.hpp"
#include "io/safetensors.hpp"
#include "training/support.hpp"

namespace deltarule::app {
namespace {

using training::testing::same_bits;
using training::testing::trainer_for;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// A network with a mask, a skip connection and frozen biases.
template <class T>
network::Network<T> some_network(std::uint64_t seed = 1) {
  NetworkSpec spec{.inputs = 2};
  spec.layers.push_back({.units = 3, .activation = "tanh", .from = {{0, {1, 0, 1, 1, 1, 1}}}, .train_bias = false});
  spec.layers.push_back({.units = 1, .activation = "identity", .from = {{0}, {1}}});
  auto made = network::Network<T>::create(spec);
  EXPECT_TRUE(made);
  network::draw_weights(*made, Seed{seed}, *network::find_init("uniform(0.5)"));
  return std::move(*made);
}

template <class T>
training::FitState<T> some_state(training::Trainer<T>& trainer) {
  const std::vector<T> x = {T(0.5), T(-1)}, t = {T(0.25)};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(trainer.learn_one(x, t), LearnStatus::learned);
  training::FitState<T> state{trainer.snapshot()};
  state.epoch = 3;
  state.patterns = 4;
  state.loss_sum = 1.0 / 3.0;
  state.result = {.epochs = 2, .best_epoch = 1, .steps = 5};
  state.result.history = {{.epoch = 1, .training_loss = 0.1, .validation_loss = kNaN, .steps = 2},
                          {.epoch = 2, .training_loss = -0.0, .validation_loss = kInfinity, .steps = 4}};
  state.best = {0.5, 1, 2, {}};
  const auto parameters = trainer.network().parameters();
  state.best.parameters.assign(parameters.begin(), parameters.end());
  state.best_loss = kNaN;
  state.rates.plateau = {kInfinity, 3, 0.25};
  state.rates.backed_off = 0.5;
  const std::vector<T> other = {T(-0.5), T(2)};
  EXPECT_EQ(trainer.learn_one(other, t), LearnStatus::learned);
  state.back.good = {trainer.snapshot(), 1, 0.75, {0.5, 2, 0.125}};
  EXPECT_EQ(trainer.learn_one(other, t), LearnStatus::learned);
  state.back.next = {trainer.snapshot(), 2, 0.25, {0.5, 1, 0.5}};
  state.back.has_next = true;
  state.back.patterns = 77;
  state.back.first_norm = 3.5;
  state.back.first_loss = 0.625;
  state.result.rollbacks = {{2, 3, 1, 0.5, "epoch 2, batch 1, layer 1: a \"delta\" that is not finite"}};
  return state;
}

template <class T>
Checkpoint some_checkpoint(const Optimizer& rule = Adam{}) {
  auto network = some_network<T>();
  auto trainer = trainer_for<T>(network, {.optimizer = rule});
  SavedPhases<T> phases;
  phases.training = saved_phase(some_state(trainer), network);
  phases.training->moments = {{0, 3}, {5, 9}};
  return {"0123456789abcdef0123456789abcdef", 1.25, phases};
}

std::vector<std::byte> good_bytes() { return *checkpoint_to_bytes(some_checkpoint<float>()); }

template <class T>
void expect_back(const Optimizer& rule) {
  auto network = some_network<T>();
  auto trainer = trainer_for<T>(network, {.optimizer = rule});
  const training::FitState<T> state = some_state(trainer);
  SavedPhases<T> phases;
  phases.training = saved_phase(state, network);
  phases.training->moments = {{0, 3}, {5, 9}};
  const auto bytes = checkpoint_to_bytes({"r", 7.5, phases});
  ASSERT_TRUE(bytes) << bytes.error().message();
  const auto read = parse_checkpoint(*bytes, "c");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->run, "r");
  EXPECT_EQ(read->seconds, 7.5);
  EXPECT_EQ(std::get<SavedPhases<T>>(read->phases).training->moments, (MomentRanges{{0, 3}, {5, 9}}));
  auto other = some_network<T>(9);
  auto fresh = trainer_for<T>(other, {.optimizer = rule});
  const auto back = restored_phase(*std::get<SavedPhases<T>>(read->phases).training, fresh, "c");
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_TRUE(same_bits<T>(back->trainer.parameters.span(), state.trainer.parameters.span()));
  ASSERT_EQ(back->trainer.update.arrays.size(), state.trainer.update.arrays.size());
  for (std::size_t k = 0; k < state.trainer.update.arrays.size(); ++k)
    EXPECT_TRUE(same_bits<T>(back->trainer.update.arrays[k].span(), state.trainer.update.arrays[k].span())) << k;
  EXPECT_TRUE(same_bits<T>(back->best.parameters, state.best.parameters));
  EXPECT_EQ(back->trainer.update.steps, 5U);
  EXPECT_EQ(back->epoch, 3U);
  EXPECT_EQ(back->patterns, 4U);
  EXPECT_EQ(back->loss_sum, 1.0 / 3.0);
  EXPECT_TRUE(std::isnan(back->best_loss));
  EXPECT_EQ(back->best.steps, 2U);
  EXPECT_EQ(back->rates.plateau.best, kInfinity);
  EXPECT_EQ(back->rates.plateau.waited, 3U);
  ASSERT_EQ(back->result.history.size(), 2U);
  EXPECT_TRUE(std::isnan(back->result.history[0].validation_loss));
  EXPECT_TRUE(std::signbit(back->result.history[1].training_loss));
  EXPECT_EQ(back->result.history[1].validation_loss, kInfinity);
  EXPECT_EQ(back->rates.backed_off, 0.5);
  EXPECT_TRUE(same_bits<T>(back->back.good.trainer.parameters.span(), state.back.good.trainer.parameters.span()));
  ASSERT_EQ(back->back.good.trainer.update.arrays.size(), state.back.good.trainer.update.arrays.size());
  for (std::size_t k = 0; k < state.back.good.trainer.update.arrays.size(); ++k)
    EXPECT_TRUE(
        same_bits<T>(back->back.good.trainer.update.arrays[k].span(), state.back.good.trainer.update.arrays[k].span()));
  EXPECT_EQ(back->back.good.trainer.update.steps, 6U);
  EXPECT_EQ(back->back.good.epochs, 1U);
  EXPECT_EQ(back->back.good.best_loss, 0.75);
  EXPECT_EQ(back->back.good.plateau.factor, 0.125);
  EXPECT_EQ(back->back.good.plateau.waited, 2U);
  ASSERT_TRUE(back->back.has_next);
  EXPECT_TRUE(same_bits<T>(back->back.next.trainer.parameters.span(), state.back.next.trainer.parameters.span()));
  EXPECT_EQ(back->back.next.trainer.update.steps, 7U);
  EXPECT_EQ(back->back.next.epochs, 2U);
  EXPECT_EQ(back->back.patterns, 77U);
  EXPECT_EQ(back->back.first_norm, 3.5);
  EXPECT_EQ(back->back.first_loss, 0.625);
  ASSERT_EQ(back->result.rollbacks.size(), 1U);
  EXPECT_EQ(back->result.rollbacks[0].step, 3U);
  EXPECT_EQ(back->result.rollbacks[0].back_to, 1U);
  EXPECT_EQ(back->result.rollbacks[0].rate_factor, 0.5);
  EXPECT_EQ(back->result.rollbacks[0].why, state.result.rollbacks[0].why);
  EXPECT_EQ(*checkpoint_to_bytes(*read), *bytes) << "equal checkpoints, equal bytes";
}

TEST(Checkpoint, ComesBackToTheBit) {
  for (const Optimizer& rule : {Optimizer{DeltaRule{}}, Optimizer{Momentum{}}, Optimizer{Adam{}},
                                Optimizer{RpropMinus{}}, Optimizer{IRpropPlus{}}}) {
    SCOPED_TRACE(rule.index());
    expect_back<float>(rule);
    expect_back<double>(rule);
  }
}

void expect_refused(std::span<const std::byte> bytes, const std::string& what) {
  const auto parsed = parse_checkpoint(bytes, "c.safetensors");
  ASSERT_FALSE(parsed) << what;
  EXPECT_EQ(parsed.error().code, ErrorCode::format) << what;
  EXPECT_EQ(parsed.error().place.rfind("c.safetensors", 0), 0U) << what << ": " << parsed.error().message();
}

TEST(DamagedCheckpoint, EverySingleBitFlipAndEveryTruncationIsRefusedByName) {
  std::vector<std::byte> bytes = good_bytes();
  ASSERT_TRUE(parse_checkpoint(bytes, "c"));
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit, ++refused) {
    const auto flip = static_cast<std::byte>(1U << (bit % 8));
    bytes[bit / 8] ^= flip;
    expect_refused(bytes, "bit " + std::to_string(bit));
    bytes[bit / 8] ^= flip;
    if (HasFailure()) return;
  }
  for (std::size_t size = 0; size < bytes.size(); ++size, ++refused) {
    expect_refused(std::span(bytes).first(size), std::to_string(size) + " bytes");
    if (HasFailure()) return;
  }
  EXPECT_EQ(refused, bytes.size() * 9);
}

/// A hostile author's tool: the container opened, changed, and sealed again.
struct Forge {
  io::Container container = *io::parse_container(good_bytes(), "c");
  std::string& metadata(const std::string& key) {
    return std::find_if(container.metadata.begin(), container.metadata.end(),
                        [&](const auto& entry) { return entry.first == key; })
        ->second;
  }
  io::Section& section(const std::string& name) {
    return *std::find_if(container.sections.begin(), container.sections.end(),
                         [&](const io::Section& one) { return one.name == name; });
  }
  void replace(const std::string& from, const std::string& to) {
    std::string& text = metadata("training");
    ASSERT_NE(text.find(from), std::string::npos) << from;
    text.replace(text.find(from), from.size(), to);
  }
  void resize(const std::string& name, std::size_t numbers, std::size_t size) {
    section(name).shape = {numbers};
    section(name).bytes.resize(numbers * size);
  }
  void put(const std::string& name, std::size_t place, double value) {
    const bool wide = section(name).dtype == "F64";
    const auto narrow = static_cast<float>(value);
    std::memcpy(section(name).bytes.data() + place * (wide ? 8 : 4), wide ? static_cast<const void*>(&value) : &narrow,
                wide ? 8 : 4);
  }
  [[nodiscard]] std::vector<std::byte> bytes() const { return *io::container_to_bytes(container); }
};

TEST(HostileCheckpoint, IsRefusedByWhatIsWrong) {
  using Change = std::function<void(Forge&)>;
  const std::vector<std::pair<Change, std::string>> forgeries = {
      {[](Forge& f) { f.metadata("format") = "deltarule-model"; }, "no checkpoint"},
      {[](Forge& f) { f.metadata("version") = "2"; }, "version"},
      {[](Forge& f) { f.metadata("precision") = "f16"; }, "f32 or f64"},
      {[](Forge& f) { f.metadata("precision") = "f64"; }, "F64"},
      {[](Forge& f) { f.metadata("seconds") = "-1"; }, "seconds"},
      {[](Forge& f) { f.metadata("seconds") = "soon"; }, "seconds"},
      {[](Forge& f) { f.metadata("training") = "[]"; }, "training"},
      {[](Forge& f) { f.replace("\"ended\":false", "\"ended\":0"); }, "ended"},
      {[](Forge& f) { f.replace("\"reason\":\"epochs\"", "\"reason\":\"mood\""); }, "mood"},
      {[](Forge& f) { f.replace("\"reason\":\"epochs\"", "\"reason\":\"paused\""); }, "contradict"},
      {[](Forge& f) { f.replace("\"epoch\":3", "\"epoch\":-3"); }, "epoch"},
      {[](Forge& f) { f.replace("\"epochs\":2", "\"epochs\":20000000000"); }, "history_steps"},
      {[](Forge& f) { f.replace("\"best_so_far_epoch\":1", "\"best_so_far_epoch\":9"); }, "contradict"},
      {[](Forge& f) { f.replace("\"best_epoch\":1", "\"best_epoch\":99"); }, "contradict"},
      {[](Forge& f) { f.replace("\"trainer_steps\":5", "\"trainer_steps\":1"); }, "contradict"},
      {[](Forge& f) { f.replace("\"refused\":0,", ""); }, "refused"},
      {[](Forge& f) { f.metadata("training").erase(5); }, "training"},
      {[](Forge& f) { f.container.metadata.emplace_back("refit", f.metadata("training")); }, "refit"},
      {[](Forge& f) { f.resize("training.numbers", 2, 8); }, "2 numbers"},
      {[](Forge& f) { f.resize("training.history", 11, 8); }, "11 numbers"},
      {[](Forge& f) { f.resize("training.history_steps", 3, 8); }, "3 numbers"},
      {[](Forge& f) { f.resize("training.rule.1", 4, 4); }, "training.rule"},
      {[](Forge& f) { f.resize("training.best", 4, 4); }, "training.best"},
      {[](Forge& f) { f.resize("training.moments", 3, 8); }, "in pairs"},
      {[](Forge& f) { f.section("training.weights").name = "weights"; }, "it is missing"},
      {[](Forge& f) { f.section("training.history_steps").dtype = "I64"; }, "I64"},
      {[](Forge& f) { f.put("training.weights", 0, kNaN); }, "not finite"},
      {[](Forge& f) { f.put("training.rule.0", 2, kInfinity); }, "not finite"},
      {[](Forge& f) { f.put("training.best", 1, kInfinity); }, "not finite"},
      {[](Forge& f) { f.put("training.numbers", 0, kNaN); }, "makes no sense"},
      {[](Forge& f) { f.put("training.numbers", 5, 7.0); }, "makes no sense"},
      {[](Forge& f) { f.put("training.numbers", 8, -1.0); }, "makes no sense"},
  };
  std::size_t refused = 0;
  for (const auto& [change, words] : forgeries) {
    Forge forge;
    change(forge);
    const auto parsed = parse_checkpoint(forge.bytes(), "c.safetensors");
    ASSERT_FALSE(parsed) << words;
    EXPECT_EQ(parsed.error().code, ErrorCode::format) << words;
    EXPECT_NE(parsed.error().message().find(words), std::string::npos) << parsed.error().message();
    ++refused;
  }
  EXPECT_EQ(refused, forgeries.size());
}

TEST(HostileCheckpoint, OfAnotherNetworkOrWithNumbersWhereNoneMayBeIsRefused) {
  const auto refuse = [](const std::function<void(SavedPhase<float>&)>& spoil, const std::string& words,
                         const Optimizer& rule = Adam{}) {
    Checkpoint checkpoint = some_checkpoint<float>();
    SavedPhase<float>& phase = *std::get<SavedPhases<float>>(checkpoint.phases).training;
    spoil(phase);
    auto network = some_network<float>(4);
    auto trainer = trainer_for<float>(network, {.optimizer = rule});
    const auto restored = restored_phase(phase, trainer, "c");
    ASSERT_FALSE(restored) << words;
    EXPECT_EQ(restored.error().code, ErrorCode::format);
    EXPECT_NE(restored.error().message().find(words), std::string::npos) << restored.error().message();
  };
  refuse([](auto& phase) { phase.weights.pop_back(); }, "14 weights");
  refuse([](auto&) {}, "2 arrays of the rule", Momentum{});
  refuse([](auto& phase) { phase.state.trainer.update.numbers = {1.0}; }, "1 numbers of the rule");
  refuse([](auto& phase) { phase.weights[1] = 0.5F; }, "no weight can move");  // masked
  refuse([](auto& phase) { phase.best[1] = 0.5F; }, "no weight can move");
  refuse([](auto& phase) { phase.rule[0][1] = 0.5F; }, "no weight can move");
  refuse([](auto& phase) { phase.rule[1][7] = 0.5F; }, "no weight can move");  // of a bias that is not trained
}

}  // namespace
}  // namespace deltarule::app
