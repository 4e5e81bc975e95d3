#include "app/fit/settings.hpp"

#include <algorithm>
#include <cmath>

#include "app/access.hpp"
#include "app/engine/unwrap.hpp"
#include "app/fit/class_weights.hpp"
#include "app/fit/monotone.hpp"
#include "app/fit/named.hpp"
#include "app/fit/noise.hpp"
#include "app/measure.hpp"
#include "app/record/record.hpp"
#include "app/targets.hpp"
#include "app/words.hpp"
#include "base/text.hpp"
#include "data/split.hpp"
#include "derivation/registry.hpp"
#include "io/number.hpp"
#include "network/init.hpp"
#include "network/targets.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::app {
namespace {

[[noreturn]] void refuse(std::string place, std::string got, std::string needed, std::string fix = {}) {
  throw Exception({ErrorCode::usage, std::move(place), std::move(got), std::move(needed), std::move(fix)});
}

void check_share(const char* option, const std::optional<double>& share) {
  if (share && !(*share >= 0.0 && *share < 1.0))
    refuse(option, io::to_text(*share), "a share from 0 up to, not with, 1");
}

std::string hidden_text(const std::vector<std::size_t>& units) {
  std::vector<std::string> sizes;
  for (const std::size_t size : units) sizes.push_back(std::to_string(size));
  return sizes.empty() ? "none" : joined(sizes, ",");
}

std::string batch_text(std::size_t size) {
  if (size == 0) return "all";
  return std::to_string(size);
}

const auto kNumber = [](double value) { return io::to_text(value); };
const auto kCount = [](std::size_t value) { return std::to_string(value); };
const auto kWord = [](const std::string& value) { return value; };

std::string chosen_normalisation(const FitOptions& options, ChoiceList& choices) {
  if (!options.normalise) return {};
  if (*options.normalise != "layer" && *options.normalise != "batch")
    refuse("--normalise", base::quoted(*options.normalise), "layer or batch");
  choices.add("normalise", *options.normalise, "--normalise", true);
  return *options.normalise;
}

NetworkSpec chosen_wiring(const FitOptions& options, const Defaults& defaults, const data::Preprocessing& rules,
                          ChoiceList& choices) {
  NetworkSpec spec;
  spec.inputs = rules.input_units();
  const auto hidden = pick(choices, "hidden", "--hidden", options.hidden.units, defaults.hidden, hidden_text);
  if (!hidden.empty()) {
    const std::string name =
        pick(choices, "activation", "--activation", options.activation, defaults.activation, kWord);
    const std::string activation = activation_named("--activation", name).name;
    const std::string normalise = chosen_normalisation(options, choices);
    for (const std::size_t units : hidden)
      spec.layers.push_back({.units = units, .activation = activation, .normalise = normalise});
  } else if (options.normalise) {
    refuse("--normalise", *options.normalise + " without hidden layers", "hidden layers, which it is for",
           "Leave it out, or add --hidden");
  }
  const OutputChoice output = choose_output(options, rules.task);
  choices.add("output activation", output.activation, "--output-activation", options.output_activation.has_value());
  choices.add("loss", output.loss, "--loss", options.loss.has_value());
  spec.layers.push_back({.units = rules.output_units(), .activation = output.activation});
  spec.loss = output.loss;
  return spec;
}

/// Inputs that the file names are these columns, in this order, or the weights would meet the wrong ones.
void check_input_names(const std::vector<std::string>& given, const data::Preprocessing& rules) {
  const std::vector<std::string> prepared = rules.input_names();
  if (given.empty() || given == prepared) return;
  throw Exception({ErrorCode::spec, "network", "inputs called " + base::listed(given, 24),
                   "those of the prepared columns, in their order: " + base::listed(prepared, 24),
                   "Rename or reorder the network's inputs, or choose columns with --features and --ignore"});
}

NetworkSpec given_wiring(const FitOptions& options, const data::Preprocessing& rules, ChoiceList& choices) {
  NetworkSpec spec = *options.network;
  check_input_names(options.input_names, rules);
  if (spec.inputs != rules.input_units()) {
    const std::vector<std::string> names = rules.input_names();
    throw Exception({ErrorCode::spec, "network", base::counted(spec.inputs, "input"),
                     std::to_string(names.size()) + ", one for each prepared column: " + base::listed(names, 24),
                     "Change the network's inputs, or choose columns with --features and --ignore"});
  }
  const std::size_t outputs = spec.layers.empty() ? 0 : spec.layers.back().units;
  if (outputs != rules.output_units()) {
    throw Exception({ErrorCode::spec, "network", base::counted(outputs, "output unit"),
                     std::to_string(rules.output_units()) + ": " + base::listed(rules.output_names(), 24),
                     "Change the units of the network's last layer, or the task with --task"});
  }
  if (options.loss) {
    FitOptions own = options;
    own.output_activation = spec.layers.back().activation;
    spec.loss = choose_output(own, rules.task).loss;
  }
  choices.add("loss", spec.loss, "--loss", options.loss.has_value());
  return spec;
}

void choose_rollback(const FitOptions& options, Settings& settings, ChoiceList& choices) {
  const std::string what = options.on_divergence.value_or("stop");
  if (what != "rollback" && what != "stop") refuse("--on-divergence", base::quoted(what), "rollback or stop");
  settings.training.on_divergence = what == "stop" ? OnDivergence::stop : OnDivergence::rollback;
  if (options.on_divergence && what == "stop") choices.add("on divergence", what, "--on-divergence", true);
}

/// One pattern has no mean and variance to be normalised by.
void check_batches(const NetworkSpec& network, std::size_t batch_size) {
  const bool by_batch = std::any_of(network.layers.begin(), network.layers.end(),
                                    [](const LayerSpec& layer) { return layer.normalise == "batch"; });
  if (by_batch && batch_size == 1)
    refuse("--batch-size", "1 with layers normalised by batch, which need the mean and variance of several patterns",
           "at least 2", "Use --normalise layer, or a larger --batch-size");
}

/// What early stopping goes by, and from when on something is better.
void choose_goal(const FitOptions& options, const Size& size, Settings& settings, ChoiceList& choices) {
  const bool stops = settings.training.patience > 0;
  if (options.stop_on) {
    if (!size.validates)
      refuse("--stop-on", *options.stop_on + " without validation rows", "rows to validate on",
             "Add --validation 0.15, or leave out --stop-on");
    if (!stops) refuse("--stop-on", *options.stop_on + " with --patience 0", "one of them", "Leave out --patience");
    const network::MetricTask task = metric_task(size.task);
    if (*options.stop_on != "loss") {
      const auto found = network::find_metric(*options.stop_on, task, "--stop-on");
      if (!found) {
        Error fault = found.error();
        fault.needed += ", or \"loss\", the network's own";
        throw Exception(std::move(fault));
      }
      settings.stop_on = *found;
      settings.stop_on_loss = unwrap(derivation::find_loss(settings.network.loss));
      const auto suits = network::check_metric_of_loss(*settings.stop_on, settings.stop_on_loss, "--stop-on");
      if (!suits) throw Exception(suits.error());
    }
    choices.add("stop on", *options.stop_on, "--stop-on", true);
  }
  if (!options.min_improvement) return;
  if (!stops)
    refuse("--min-improvement", io::to_text(*options.min_improvement) + " without early stopping", "early stopping",
           "Leave it out, or add --validation and --patience");
  settings.training.min_improvement = *options.min_improvement;
  choices.add("min improvement", io::to_text(*options.min_improvement), "--min-improvement", true);
}

void choose_length(const FitOptions& options, const Size& size, const Defaults& defaults, Settings& settings,
                   ChoiceList& choices) {
  FitSettings& training = settings.training;
  const bool full_batch = training::entry_of(settings.trainer.optimizer).full_batch;
  training.batch_size = pick(choices, "batch size", "--batch-size", options.batch_size,
                             full_batch ? std::size_t{0} : defaults.batch_size, batch_text);
  training.epochs = pick(choices, "epochs", "--epochs", options.epochs, defaults.epochs, kCount);
  training.steps = options.steps.value_or(0);
  if (options.steps) choices.add("steps", std::to_string(*options.steps), "--steps", true);
  if (options.time_limit) choices.add("time limit", io::to_text(*options.time_limit) + "s", "--time-limit", true);
  const auto in_words = [&](std::size_t epochs) {
    if (epochs == 0) return std::string("no early stop");
    return std::to_string(epochs) + " epochs and " + std::to_string(defaults.patience_steps) + " weight changes";
  };
  training.patience = pick(choices, "patience", "--patience", options.patience, defaults.patience, in_words);
  training.patience_steps = defaults.patience_steps;
  if (training.patience > 0 && !size.validates) {
    refuse("--patience", std::to_string(training.patience) + " without validation rows", "rows to validate on",
           "Add --validation 0.15, or leave out --patience");
  }
  choose_goal(options, size, settings, choices);
  const auto yes_no = [](bool yes) { return std::string(yes ? "yes, on training and validation rows" : "no"); };
  const bool stops = training.patience > 0;
  const bool may_refit = defaults.refit && stops && !options.validation_table;
  settings.refit = pick(choices, "refit", "--refit, --no-refit", options.refit, may_refit, yes_no);
  if (options.refit == true && options.validation_table)
    refuse("--refit", "validation rows of another table", "validation rows of the same table", "Leave out --refit");
  if (options.refit == true && !size.validates)
    refuse("--refit", "no validation rows", "validation rows to train on again", "Add --validation 0.15");
  training.shuffle = options.shuffle && !options.textbook;
  choices.add("order", training.shuffle ? "shuffled each epoch" : "as in the table", "--no-shuffle", !options.shuffle);
  training.seed = Seed{options.seed};
  choose_rollback(options, settings, choices);
  training.until_tss = options.until_tss;
  if (options.until_tss >= 0.0) choices.add("goal", "tss < " + io::to_text(options.until_tss), "--until", true);
}

void choose_start(const FitOptions& options, const Defaults& defaults, Settings& settings, ChoiceList& choices) {
  const auto loss = given_loss(options);
  settings.seed = Seed{options.seed};
  if (options.start_from) {
    settings.start_from = *options.start_from;
    choices.add("first weights", "given", "--start-from", true);
  } else {
    settings.init = pick(choices, "init", "--init", options.init, defaults.init, kWord);
    check_init(settings.init);
    settings.begin_at_mean = settings.init == "auto" && loss && keeps_targets(*loss);
  }
  choices.add("seed", std::to_string(options.seed), "--seed", options.seed != 0);
}

void choose_label_smoothing(const FitOptions& options, Settings& settings, ChoiceList& choices) {
  if (!options.label_smoothing) return;
  const double epsilon = *options.label_smoothing;
  const auto loss = derivation::find_loss(settings.network.loss);
  if (!loss) throw Exception(loss.error());
  const auto smoothing = network::label_smoothing(*loss, settings.network.layers.back().units, epsilon);
  if (!smoothing) refuse("--label-smoothing", smoothing.error().got, smoothing.error().needed, smoothing.error().fix);
  settings.trainer.label_smoothing = epsilon;
  choices.add("label smoothing", io::to_text(epsilon), "--label-smoothing", true);
}

void check_start(const Settings& settings) {
  const base::Graph graph = unwrap(base::Graph::create(settings.network));
  if (settings.start_from.empty() || settings.start_from.size() == graph.weight_count()) return;
  throw Exception({ErrorCode::shape, "first weights", base::counted(settings.start_from.size(), "weight"),
                   std::to_string(graph.weight_count()) + " for the network " + network_in_words(graph),
                   "Give the weights of a network with this wiring"});
}

}  // namespace

void ChoiceList::add(std::string what, std::string value, std::string option, bool given) {
  choices_.push_back({std::move(what), std::move(value), std::move(option), given});
}

void check_options(const FitOptions& options) {
  check_share("--validation", options.validation);
  check_share("--test", options.test);
  if (options.epochs == std::size_t{0}) refuse("--epochs", "0", "at least 1");
  if (options.steps == std::uint64_t{0}) refuse("--steps", "0", "at least 1");
  if (options.time_limit && !(*options.time_limit > 0.0 && std::isfinite(*options.time_limit)))
    refuse("--time-limit", io::to_text(*options.time_limit), "a finite number of seconds above 0");
  if (options.min_improvement && !(*options.min_improvement >= 0.0 && std::isfinite(*options.min_improvement)))
    refuse("--min-improvement", io::to_text(*options.min_improvement), "a finite number that is not negative");
  if (options.validation && options.validation_table)
    refuse("--validation", "a share together with a table", "one of them");
  if (options.threads == 0) refuse("--threads", "0", "at least 1");
  check_record(options.record);
  if (std::isnan(options.until_tss)) refuse("--until", "NaN", "a number");
  if (options.weight_decay && !(std::isfinite(*options.weight_decay) && *options.weight_decay >= 0.0))
    refuse("--weight-decay", io::to_text(*options.weight_decay), "a finite number that is not negative");
  if (options.hidden.units)
    for (const std::size_t units : *options.hidden.units)
      if (units == 0)
        refuse("--hidden", "a layer of 0 units", "at least one unit in each layer",
               "Use --hidden none for no hidden layer");
  if (options.continue_from && options.scale) {
    refuse("--scale", *options.scale + " together with --start-from a model", "inputs prepared as in the model",
           "Leave out --scale");
  }
  if (options.network && (options.hidden.units || options.activation || options.output_activation)) {
    refuse("--network", "a wiring together with --hidden or an activation", "one of them",
           "Write layers and activations into the network");
  }
  if (options.network && options.normalise)
    refuse("--network", "a wiring together with --normalise", "one of them",
           "Write \"normalise\" into the layers of the network");
  if (options.start_from && options.init)
    refuse("--init", *options.init + " together with first weights", "one of them");
  if (options.start_from && options.start_from->empty())
    refuse("--start-from", "no weights", "the weights to begin with");
}

Shares choose_shares(const FitOptions& options, const data::Schema& schema, ChoiceList& choices) {
  if (options.row_split || schema.split == data::SplitKind::by_part) {
    const std::string by = options.row_split ? "row_split" : data::split_option(schema.split);
    const std::string fix = "Leave out one of them";
    if (options.test) refuse("--test", "a share together with " + by, "one of them", fix);
    const bool twice = options.validation_table && (!options.row_split || !options.row_split->validation.empty());
    if (options.validation || twice) refuse("--validation", "together with " + by, "one of them", fix);
  }
  if (options.row_split) {
    choices.add("split", kGivenRows, "row_split", true);
    if (options.validation_table) choices.add("validation", "the rows of another table", "--validation", true);
    return {};
  }
  if (schema.split != data::SplitKind::at_random)
    choices.add(std::string("split by ") + data::split_name(schema.split), schema.split_column,
                data::split_option(schema.split), true);
  if (schema.split == data::SplitKind::by_part) return {};
  const bool holds_out = !options.textbook && schema.rows.size() >= kFewRows;
  Shares shares;
  shares.test = pick(choices, "test share", "--test", options.test, holds_out ? kTestShare : 0.0, kNumber);
  if (options.validation_table) {
    choices.add("validation", "the rows of another table", "--validation", true);
    return shares;
  }
  const bool stops = options.patience != std::size_t{0};  // without early stopping nothing is validated
  shares.validation = pick(choices, "validation share", "--validation", options.validation,
                           holds_out && stops ? kValidationShare : 0.0, kNumber);
  return shares;
}

data::PreprocessingOptions choose_preprocessing(const FitOptions& options, ChoiceList& choices) {
  const std::string chosen = options.textbook ? "none" : "standard";
  const std::string name = pick(choices, "scale", "--scale", options.scale, chosen, kWord);
  const auto scaling = data::scaling_from_name(name);
  if (!scaling) refuse("--scale", base::quoted(name), "standard, minmax or none");
  const auto loss = given_loss(options);
  return {*scaling, !options.textbook && !(loss && keeps_targets(*loss))};
}

Settings choose_settings(const FitOptions& options, const Size& size, const data::Preprocessing& preprocessing,
                         ChoiceList& choices) {
  Defaults defaults = defaults_for(size, options.until_tss >= 0.0);
  if (!options.monotone.empty()) defaults.activation = "tanh";  // sums of relus would be convex as well
  if (options.continue_from) defaults.precision = ModelAccess::state(*options.continue_from).model.precision();
  Settings settings;
  settings.own_wiring = options.network.has_value() || options.start_from.has_value();
  settings.network = options.network ? given_wiring(options, preprocessing, choices)
                                     : chosen_wiring(options, defaults, preprocessing, choices);
  choose_rule(options, defaults, settings, choices);
  hasten_for(settings.trainer.optimizer, defaults);
  choose_length(options, size, defaults, settings, choices);
  check_batches(settings.network, settings.training.batch_size);
  choose_schedule(options, settings, choices);
  choose_start(options, defaults, settings, choices);
  const std::string precision = pick(choices, "precision", "--precision", options.precision, defaults.precision, kWord);
  if (precision != "f32" && precision != "f64") refuse("--precision", base::quoted(precision), "f32 or f64");
  settings.f64 = precision == "f64";
  const std::string reduction = pick(choices, "reduction", "--reduction", options.reduction,
                                     std::string(options.textbook ? "sum" : "mean"), kWord);
  if (reduction != "sum" && reduction != "mean") refuse("--reduction", base::quoted(reduction), "sum or mean");
  settings.trainer.reduction = reduction == "sum" ? Reduction::sum : Reduction::mean;
  settings.trainer.threads = options.threads;
  choose_label_smoothing(options, settings, choices);
  choose_noise(options, settings, choices);
  choose_limits(options, settings, choices);
  choose_monotone(options, preprocessing, settings, choices);
  check_class_weights(options.class_weight, preprocessing.task, preprocessing.classes);
  settings.class_weight = options.class_weight;
  settings.record = options.record;
  if (options.class_weight.any()) choices.add("class weight", text_of(options.class_weight), "--class-weight", true);
  check_start(settings);
  check_method(options, settings, choices);
  return settings;
}

}  // namespace deltarule::app
