#include "cli/option_table.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace deltarule::cli {
namespace {

constexpr const char* kData = "Reading the data";
constexpr const char* kRoles = "What is learnt from what";
constexpr const char* kNetwork = "Network";
constexpr const char* kTraining = "Training";
constexpr const char* kSplit = "Split and stop";
constexpr const char* kFolds = "Folds";
constexpr const char* kSearch = "Search";
constexpr const char* kMeasuring = "Measuring";
constexpr const char* kRun = "Keeping the run";
constexpr const char* kRecord = "Recording how it learns";
constexpr const char* kShown = "What is explained";
constexpr const char* kStep = "The step";
constexpr const char* kLearning = "Teaching";
constexpr const char* kOutput = "Output";

constexpr PositionalRow kDataPositional = {"DATA", "CSV or TSV file; - reads standard input"};
constexpr PositionalRow kModelPositional = {"MODEL", "model file that train wrote"};

constexpr PositionalRow kTrainPositionals[] = {kDataPositional};
constexpr PositionalRow kUsePositionals[] = {kModelPositional, kDataPositional};
constexpr PositionalRow kResumePositionals[] = {{"DIR", "folder that train --run made"}};
constexpr PositionalRow kInspectPositionals[] = {{"FILE", "model file, or a network in JSON"}};

constexpr OptionRow kDelimiter = {"--delimiter", "C", kData, "what stands between cells: , ; | or tab (found)"};
constexpr OptionRow kHeader = {"--header", nullptr, kData, "the first line names the columns (found)"};
constexpr OptionRow kNoHeader = {"--no-header", nullptr, kData, "it does not: columns are called c1, c2, …"};
constexpr OptionRow kMissing = {"--missing", "A,B", kData,
                                "cells that mean \"no value\", beside empty ones (NA,NaN,?)"};
constexpr OptionRow kUnseen = {"--unseen", "missing|error", kData,
                               "a category that training never saw counts as missing, or ends the command (missing)"};
constexpr OptionRow kThreads = {"--threads", "N", kOutput, "threads, or auto; the results are the same (1)"};
constexpr OptionRow kForce = {"--force", nullptr, kOutput, "overwrite the file named with -o"};
constexpr OptionRow kTrainForce = {"--force", nullptr, kOutput,
                                   "overwrite the files named with -o, --history and --record-to"};
constexpr OptionRow kQuiet = {"-q,--quiet", nullptr, kOutput, "say nothing on standard error but errors"};

/// What train and cv have in common.
constexpr OptionRow kLearnOptions[] = {
    {"-t,--target", "COL", kRoles, "column to predict; several: repeat it, or A,B"},
    {"--features", "COLS", kRoles, "columns to predict from (all others)"},
    {"--ignore", "COLS", kRoles, "columns to leave out"},
    {"--categorical", "COLS", kRoles, "columns of categories, even if they look like numbers or identifiers"},
    {"--weight", "COL", kRoles, "column of the rows' weights: how often each counts; 0 leaves a row out"},
    {"--task", "T", kRoles, "auto, binary, multiclass, multilabel, regression (auto)"},
    {"--hidden", "N,N", kNetwork, "units of the hidden layers; none is the linear model (by the data)"},
    {"--activation", "F", kNetwork, "of the hidden units: tanh, relu, sigmoid, … (chosen)"},
    {"--normalise", "layer|batch", kNetwork,
     "net inputs of hidden layers to mean 0 and variance 1, over the units of the layer or the patterns of the batch"},
    {"--output-activation", "F", kNetwork, "of the output units (by the task)"},
    {"--loss", "E", kNetwork,
     "cross-entropy, half_squared_error, huber, pinball(0.9) for a quantile, poisson_deviance for counts, "
     "gamma_deviance for positive amounts, … (by the task)"},
    {"--init", "I", kNetwork, "first weights: auto, glorot_uniform, he_normal, uniform(0.5), … (auto)"},
    {"--monotone", "COL:+,COL:-", kNetwork,
     "the prediction never falls (+), or never rises (-), as this numeric column rises"},
    {"--network", "FILE", kNetwork, "any wiring, as JSON"},
    {"--optimizer", "R", kTraining,
     "delta-rule (= sgd), momentum, nesterov, adam, adamw, rmsprop, adagrad, adadelta, lion; for full batches rprop-, "
     "rprop+, irprop-, irprop+, quickprop, scg, lbfgs, lm (Levenberg-Marquardt, for squared errors); settings in "
     "brackets: 'adam(beta1=0.8)', 'lm(mu=0.001,bayesian=1,memory_mb=1024)' (chosen)"},
    {"--learning-rate,--lr", "ETA", kTraining, "step size (by the optimizer; the Rprop family has none)"},
    {"--schedule", "S", kTraining,
     "of the learning rate: step, exponential, cosine, one-cycle, plateau; settings in brackets: 'cosine(warmup=5)' "
     "(constant)"},
    {"--momentum", "MU", kTraining, "for momentum and nesterov, from 0 to below 1 (0.9)"},
    {"--weight-decay", "L", kTraining, "pull of the weights towards 0 (chosen)"},
    {"--decay-biases", nullptr, kTraining, "of the biases, too"},
    {"--layer-rate", "L=X,...", kTraining,
     "what the learning rate of single layers is multiplied by: h1 is the hidden layer next to the inputs, out the "
     "output"},
    {"--freeze", "L,L", kTraining, "layers whose weights stay as they are: h1, out, …"},
    {"--clip-norm", "X", kTraining, "scale the slopes of a step down to this norm, all together"},
    {"--clip-value", "X", kTraining, "no slope beyond this"},
    {"--max-norm", "X", kTraining, "scale the weights into a unit down to this norm after each step"},
    {"--on-divergence", "W", kTraining,
     "rollback: back to the last good epoch with half the rate, five times at most; or stop (rollback)"},
    {"--batch-size", "N", kTraining, "patterns per weight change; 1 is online, all is full batch (chosen)"},
    {"--reduction", "R", kTraining, "of a batch's slopes: mean or sum (mean; textbook: sum)"},
    {"--label-smoothing", "EPS", kTraining,
     "learn classes as 1 - EPS sure, the rest spread evenly; from 0 to below 1, for cross-entropies (0)"},
    {"--dropout", "P", kTraining,
     "leave hidden units out of each training pass with this probability; of single layers: h1=0.5,inputs=0.2 (0)"},
    {"--input-noise", "SD", kTraining,
     "standard deviation of the noise on the scaled inputs in each training pass (0)"},
    {"--class-weight", "W", kTraining,
     "balanced, or CLASS=WEIGHT,...: what the rows of a class count in the training loss, beside --weight (1 each)"},
    {"--no-shuffle", nullptr, kTraining, "the same order of rows in each epoch"},
    {"--textbook", nullptr, kTraining,
     "the bare derivation: per pattern, file order, delta rule, sigmoid units, half squared error, no scaling, no "
     "split, no early stop"},
    {"--scale", "S", kTraining, "inputs: standard, minmax, none (standard)"},
    {"--precision", "P", kTraining, "f32 or f64 (f32)"},
    {"--seed", "N", kTraining, "start of everything random (0)"},
    {"--group-by", "COL", kSplit, "no group of this column in two parts of the split"},
    {"--validation", "SHARE|FILE", kSplit,
     "rows that decide when to stop: a share (0.15; below 50 rows 0), or those of another table"},
    {"--epochs", "N", kSplit, "at most so many passes over the rows (chosen)"},
    {"--steps", "N", kSplit, "at most so many weight changes; ends in the middle of an epoch"},
    {"--patience", "N", kSplit,
     "stop after N epochs and 1000 weight changes without a better validation loss; 0: never"},
    {"--stop-on", "METRIC", kSplit,
     "early stopping by a metric of the validation rows in place of the loss: accuracy, f1, auc, mae, pinball, d2, …"},
    {"--min-improvement", "X", kSplit, "what is better by X or less is not better (0)"},
    {"--until", "'tss<X'", kSplit, "stop when the squared error summed over the training rows is below X"},
    {"--refit", nullptr, kSplit, "train again on training + validation rows for the length found (small tables)"},
    {"--no-refit", nullptr, kSplit, "keep the weights of the first training"},
    kDelimiter,
    kHeader,
    kNoHeader,
    kMissing,
};

constexpr OptionRow kTrainOnlyOptions[] = {
    {"--start-from", "FILE", kNetwork, "wiring and first weights of a model file or a JSON network"},
    {"--test", "SHARE", kSplit, "rows kept apart for the final measurement (0.2; below 50 rows 0)"},
    {"--split-by-time", "COL", kSplit, "the last rows by this column (numbers, ISO dates) are the test"},
    {"--split-column", "COL", kSplit, "the column that says train, validation or test"},
    {"--time-limit", "60s", kSplit, "train so long at most (s, m, h); the run says which --steps repeats it"},
    {"--run", "DIR", kRun, "keep the run in this new folder; deltarule resume DIR goes on with it after any end"},
    {"--checkpoint-every", "60s", kRun,
     "time, epochs or weight changes between checkpoints: 60s, 5epochs, 1000steps (60s)"},
    {"--keep", "N", kRun, "newest checkpoints that stay (3)"},
    {"--record", "LIST", kRecord,
     "weights, activations (with net inputs), deltas: kept while it learns, in one NPZ file that numpy.load opens"},
    {"--every", "10", kRecord, "epochs from one moment to the next; or weight changes: 100steps (1)"},
    {"--record-rows", "K", kRecord, "the first K training rows give the activations and deltas; or all (100)"},
    {"--record-to", "FILE", kRecord, "that file (the model's name with .npz, or -2, -3 … if taken)"},
    {"--history", "FILE", kOutput, "also write a CSV of all epochs: steps, losses, scores, learning rate"},
    {"-o,--output", "FILE", kOutput, "model file (DATA's name with .safetensors, or -2, -3 … if taken)"},
    kTrainForce,
    {"--json", nullptr, kOutput, "events as JSON Lines on standard output"},
    kQuiet,
    {"--progress", "P", kOutput, "auto, plain (lines), none (auto)"},
    kThreads,
};

constexpr OptionRow kResumeOptions[] = {
    {"--threads", "N", kOutput, "threads, or auto; the results are the same (as the run began)"},
    {"--json", nullptr, kOutput, "events as JSON Lines on standard output"},
    kQuiet,
    {"--progress", "P", kOutput, "auto, plain (lines), none (auto)"},
};

constexpr OptionRow kFoldOptions[] = {
    {"--folds", "K", kFolds, "parts that the rows are dealt into; each is tested once (5)"},
    {"--repeats", "R", kFolds, "all of it R times, dealt out and trained with the seeds N, N + 1, … (1)"},
};

constexpr OptionRow kCvOutputOptions[] = {
    {"--json", nullptr, kOutput, "one JSON object instead of a table"},
    kQuiet,
    {"--threads", "N", kOutput, "folds trained side by side, or auto; the results are the same (auto)"},
};

constexpr OptionRow kTuneOnlyOptions[] = {
    {"--trials", "N", kSearch, "settings that are tried; the result is the same on any number of threads (27)"},
    {"--time-limit", "60s", kSearch, "search so long (s, m, h); training the winner comes on top"},
    {"--only", "rules", kSearch, "compare the update rules on this table, each with some rates"},
    {"--test", "SHARE", kSplit, "rows kept apart for the final measurement (0.2; below 50 rows 0)"},
    {"--split-by-time", "COL", kSplit, "the last rows by this column (numbers, ISO dates) are the test"},
    {"--split-column", "COL", kSplit, "the column that says train, validation or test"},
    {"-o,--output", "FILE", kOutput, "write the winner's model there (no model is written)"},
    kForce,
    {"--json", nullptr, kOutput, "one JSON object instead of a table"},
    kQuiet,
    {"--threads", "N", kOutput, "trials trained side by side, or auto; the results are the same (auto)"},
};

/// One table after the other.
template <std::size_t... N>
constexpr auto in_a_row(const OptionRow (&... parts)[N]) {
  std::array<OptionRow, (N + ...)> all{};
  std::size_t next = 0;
  ((std::copy_n(parts, N, all.begin() + static_cast<std::ptrdiff_t>(next)), next += N), ...);
  return all;
}
constexpr auto kTrainOptions = in_a_row(kLearnOptions, kTrainOnlyOptions);
constexpr auto kTuneOptions = in_a_row(kTuneOnlyOptions, kLearnOptions);
constexpr auto kCvOptions = in_a_row(kFoldOptions, kLearnOptions, kCvOutputOptions);

constexpr OptionRow kPredictOptions[] = {
    {"--proba", nullptr, kOutput, "also the probability of each class, as p(CLASS)"},
    {"--keep", "COLS", kOutput, "copy these columns of DATA, letter by letter"},
    {"--json", nullptr, kOutput, "JSON Lines instead of CSV"},
    {"-o,--output", "FILE", kOutput, "write there instead of standard output"},
    kForce,
    kQuiet,
    kThreads,
    kUnseen,
    kDelimiter,
    kHeader,
    kNoHeader,
    kMissing,
};

constexpr OptionRow kEvaluateOptions[] = {
    {"--weight", "COL", kData, "column of the rows' weights: how often each counts in the measures"},
    {"--json", nullptr, kOutput, "one JSON object instead of a table"},
    {"--seed", "N", kOutput, "of the bootstrap that gives the intervals (0)"},
    kQuiet,
    kThreads,
    kUnseen,
    kDelimiter,
    kHeader,
    kNoHeader,
    kMissing,
};

constexpr OptionRow kInspectOptions[] = {
    {"--weights", nullptr, kOutput, "the network with its weights in JSON, every number exact"},
    {"--json", nullptr, kOutput, "one JSON object instead of text"},
};

constexpr OptionRow kExplainOptions[] = {
    {"--demo", "xor|mazur|encoder", kShown, "a small network that needs no files"},
    {"--pattern", "N", kShown, "row of DATA, from 1 (1)"},
    {"--unit", "U", kShown, "h1.2 is unit 2 of the first hidden layer, y1 an output, x3 an input; or a name (chosen)"},
    {"--weight", "W", kShown, "sender:receiver, such as x3:h1.2 or, for a bias, 1:h1.2 (chosen)"},
    {"--terms", "N", kShown, "terms of each sum that are shown, the largest first (8)"},
    {"--check", nullptr, kShown, "prove each line by complex step and central difference"},
    {"--check-all", nullptr, kShown, "and every equation at every unit and weight; also written --check all"},
    {"--homework", "SEED", kLearning,
     "a sheet of questions about a small network of its own; --format markdown or latex"},
    {"--key", nullptr, kLearning, "the key of the sheet"},
    {"--answers", "FILE", kLearning, "mark answers, NAME = NUMBER on each line, to homework, demo or row"},
    {"--break", "MISTAKE", kLearning,
     "derive with a classic mistake and find it: sign, transpose, no-derivative, derivative-of-output, forgot-bias, "
     "updated-weights, wrong-index, missing-half"},
    {"--step", nullptr, kStep, "make one real step on a copy and show what becomes of the error"},
    {"--optimizer", "R", kStep, "rule of the step, as train takes it (that of the training)"},
    {"--learning-rate,--lr", "ETA", kStep, "its rate (that of the training)"},
    {"--momentum", "MU", kStep, "for momentum and nesterov"},
    {"--weight-decay", "L", kStep, "pull of the weights towards 0"},
    {"--after", "N", kStep, "steps that the rule has made before, with the rows before this one (0)"},
    {"--notation", "N", kOutput, "letters and signs of deltarule, nielsen, pytorch, pdp (deltarule)"},
    {"--format", "F", kOutput, "text, markdown, latex, json (text)"},
    {"--digits", "N", kOutput, "significant digits, 3 to 17 (6)"},
    {"--hex", nullptr, kOutput, "every number exact, in hexadecimal"},
    kQuiet,
    kDelimiter,
    kHeader,
    kNoHeader,
    kMissing,
};

constexpr OptionRow kGradcheckOptions[] = {
    {"--patterns", "K", kMeasuring, "rows, spread over DATA, that are checked (10)"},
    {"--json", nullptr, kOutput, "one JSON object instead of text"},
    kQuiet,
    kDelimiter,
    kHeader,
    kNoHeader,
    kMissing,
};

constexpr OptionRow kBenchOptions[] = {
    {"--quick", nullptr, kMeasuring, "fewer windows: under 20 seconds, and less sure"},
    {"--threads", "N", kMeasuring, "threads of the works for several, or auto; 1 leaves them out (auto)"},
    {"--f64", nullptr, kMeasuring, "every work in double precision"},
    {"--only", "TEXT", kMeasuring, "only works with TEXT in their name, such as 784-100-10 or adam"},
    {"--json", "FILE", kOutput, "also write one JSON object; - prints it in place of the table"},
    {"--force", nullptr, kOutput, "overwrite the file named with --json"},
    kQuiet,
};

constexpr CommandRow kCommands[] = {
    {"train", "Train a network on a table, measure it on rows it never saw, and write a model file.", kTrainPositionals,
     kTrainOptions,
     "Examples:\n"
     "  deltarule train penguins.csv --target species\n"
     "  deltarule train houses.csv --target price --hidden 64,32 --seed 1\n"
     "  deltarule train xor.csv --target y --hidden 2 --textbook --until 'tss<0.04'\n"
     "\n"
     "What is not given is chosen; the run says what was chosen and which option\n"
     "changes it.\n"},
    {"resume", "Go on with a run that train --run keeps in a folder, to the same bytes as if it had never stopped.",
     kResumePositionals, kResumeOptions,
     "Examples:\n"
     "  deltarule train houses.csv --target price --run houses-run\n"
     "  deltarule resume houses-run\n"
     "  deltarule resume houses-run --threads auto\n"
     "\n"
     "The folder says which data and settings; a file that has changed since is refused.\n"},
    {"cv", "Cross-validate: train a network per fold and test it on the rows that it never saw; writes no model.",
     kTrainPositionals, kCvOptions,
     "Examples:\n"
     "  deltarule cv penguins.csv --target species --folds 10\n"
     "  deltarule cv visits.csv --target outcome --group-by patient --repeats 3 --json\n"
     "\n"
     "Each fold is prepared, trained and stopped on its own rows alone, as train does\n"
     "it; classes are dealt out in proportion.\n"},
    {"tune", "Find settings by trying: judged on validation rows, the winner measured on rows that none has seen.",
     kTrainPositionals, kTuneOptions,
     "Examples:\n"
     "  deltarule tune penguins.csv --target species --time-limit 60s\n"
     "  deltarule tune houses.csv --target price --trials 81 --seed 1 -o best.safetensors\n"
     "  deltarule tune houses.csv --target price --only rules\n"
     "\n"
     "Settings that are given stay as they are. What is printed at the end trains the\n"
     "winner again, to the byte.\n"},
    {"predict", "Predict each row of a table, one line per row, in their order.", kUsePositionals, kPredictOptions,
     "Examples:\n"
     "  deltarule predict penguins.safetensors new.csv --proba --keep id\n"
     "  cat new.csv | deltarule predict penguins.safetensors - --json\n"
     "\n"
     "Columns are matched by name: order, further columns and a present target do not\n"
     "matter.\n"},
    {"evaluate", "Measure a model on a table that has the target column(s).", kUsePositionals, kEvaluateOptions,
     "Examples:\n"
     "  deltarule evaluate penguins.safetensors new.csv\n"
     "  deltarule evaluate penguins.safetensors new.csv --json\n"
     "\n"
     "Rows that the model was trained on flatter it; train keeps rows apart for that\n"
     "reason.\n"},
    {"inspect", "Say what a file is: wiring, inputs, classes, settings, provenance.", kInspectPositionals,
     kInspectOptions,
     "Examples:\n"
     "  deltarule inspect penguins.safetensors\n"
     "  deltarule inspect penguins.safetensors --weights > network.json\n"},
    {"explain", "Why did this weight move? One row through the twelve equations, with live numbers.", kUsePositionals,
     kExplainOptions,
     "Examples:\n"
     "  deltarule explain --demo xor\n"
     "  deltarule explain --demo mazur --step --check\n"
     "  deltarule explain penguins.safetensors penguins.csv --pattern 3 --unit h1.2\n"
     "\n"
     "The equations are those of docs/derivation.md; docs/explain.md says how to read\n"
     "the page.\n"},
    {"gradcheck", "Check the slopes of a whole network against complex steps and central differences.", kUsePositionals,
     kGradcheckOptions,
     "Examples:\n"
     "  deltarule gradcheck penguins.safetensors penguins.csv\n"
     "  deltarule gradcheck penguins.safetensors penguins.csv --patterns 100 --json\n"
     "\n"
     "Exit code 1 when a slope is wrong.\n"},
    {"bench",
     "Measure how quick this machine learns and predicts, beside its physical limit.",
     {},
     kBenchOptions,
     "Examples:\n"
     "  deltarule bench --quick\n"
     "  deltarule bench --only 784-100-10 --json bench.json\n"
     "\n"
     "Other programs that run meanwhile slow it down: of each work the best of many\n"
     "short windows counts. docs/performance.md explains the limit.\n"},
};

}  // namespace

std::span<const CommandRow> command_table() { return kCommands; }

const char* general_footer() {
  return "Examples:\n"
         "  deltarule train penguins.csv --target species\n"
         "  deltarule train penguins.csv --target species --run penguins-run\n"
         "  deltarule resume penguins-run\n"
         "  deltarule cv penguins.csv --target species --folds 5\n"
         "  deltarule tune penguins.csv --target species --time-limit 60s\n"
         "  deltarule predict penguins.safetensors penguins.csv --proba\n"
         "  deltarule evaluate penguins.safetensors penguins.csv\n"
         "  deltarule inspect penguins.safetensors\n"
         "  deltarule explain --demo xor\n"
         "\n"
         "`deltarule COMMAND --help` lists the options of a command.\n"
         "Exit codes: 0 done, 1 a proof failed, 2 usage, 3 data, 4 model damaged or\n"
         "incompatible, 5 input/output, 6 diverged, 130 interrupted.\n";
}

}  // namespace deltarule::cli
