// The rows of the table. Ranges are the greatest lower and least upper bounds of the exact functions.
#include "derivation/entries.hpp"

#include <array>
#include <limits>

#include "derivation/activations.hpp"

namespace deltarule::derivation {
namespace {

using base::ActivationKind;
using base::LossKind;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kSeluLow = -Selu::kLambda * Selu::kAlpha;
constexpr double kGeluLow = -0.16997120747990369;   // at I = -0.7517915246935645
constexpr double kSwishLow = -0.27846454276107380;  // at I = -1.2784645427610738; minus W(1/e)

constexpr std::array kActivations = {
    ActivationEntry{ActivationKind::identity, "identity", {"linear"}, {}, -kInf, kInf, "output: any real targets"},
    ActivationEntry{ActivationKind::sigmoid, "sigmoid", {"logistic"}, {}, 0, 1, "output: targets from 0 to 1; hidden"},
    ActivationEntry{ActivationKind::tanh, "tanh", {}, {}, -1, 1, "hidden; output: targets from -1 to 1"},
    ActivationEntry{ActivationKind::scaled_tanh,
                    "scaled_tanh",
                    {"lecun_tanh"},
                    {},
                    -ScaledTanh::kHeight,
                    ScaledTanh::kHeight,
                    "hidden; output: targets -1 and 1"},
    ActivationEntry{ActivationKind::relu, "relu", {"rectifier"}, {}, 0, kInf, "hidden"},
    ActivationEntry{ActivationKind::leaky_relu, "leaky_relu", {"lrelu"}, 0.01, -kInf, kInf, "hidden"},
    ActivationEntry{ActivationKind::elu, "elu", {}, 1.0, -1, kInf, "hidden"},
    ActivationEntry{ActivationKind::selu, "selu", {}, {}, kSeluLow, kInf, "hidden, with LeCun initialisation"},
    ActivationEntry{ActivationKind::gelu, "gelu", {}, {}, kGeluLow, kInf, "hidden"},
    ActivationEntry{ActivationKind::swish, "swish", {"silu"}, {}, kSwishLow, kInf, "hidden"},
    ActivationEntry{ActivationKind::softplus, "softplus", {}, {}, 0, kInf, "output: positive targets; hidden"},
    ActivationEntry{ActivationKind::exp, "exp", {"exponential"}, {}, 0, kInf, "output: means of counts and amounts"},
    ActivationEntry{ActivationKind::softsign, "softsign", {}, {}, -1, 1, "hidden; output: targets from -1 to 1"},
    ActivationEntry{ActivationKind::gaussian, "gaussian", {"gauss"}, {}, 0, 1, "hidden: local responses"},
    ActivationEntry{ActivationKind::sin, "sin", {"sine"}, {}, -1, 1, "hidden: periodic targets"},
    ActivationEntry{ActivationKind::hard_tanh, "hard_tanh", {"hardtanh"}, {}, -1, 1, "hidden"},
    ActivationEntry{ActivationKind::softmax, "softmax", {}, {}, 0, 1, "output: one of several classes"},
};

constexpr std::array kLosses = {
    LossEntry{
        LossKind::half_squared_error, "half_squared_error", {"half_sse"}, {}, "any targets; the derivation's (1)"},
    LossEntry{LossKind::mean_squared_error, "mean_squared_error", {"mse"}, {}, "any targets; (1) times 2 / outputs"},
    LossEntry{LossKind::binary_cross_entropy,
              "binary_cross_entropy",
              {"binary_ce", "bce"},
              {},
              "yes-or-no targets, each apart"},
    LossEntry{LossKind::softmax_cross_entropy, "softmax_cross_entropy", {"softmax_ce"}, {}, "one of several classes"},
    LossEntry{LossKind::huber, "huber", {}, 1.0, "real targets with outliers"},
    LossEntry{LossKind::absolute_error, "absolute_error", {"l1"}, {}, "real targets; fits the median"},
    LossEntry{LossKind::pinball, "pinball", {"quantile"}, 0.5, "real targets; fits the quantile that it names"},
    LossEntry{LossKind::poisson_deviance, "poisson_deviance", {"poisson"}, {}, "counts; fits their mean"},
    LossEntry{LossKind::gamma_deviance, "gamma_deviance", {"gamma"}, {}, "positive amounts; fits their mean"},
    LossEntry{LossKind::output_sum, "output_sum", {}, {}, "no targets; tests of the passes"},
};

}  // namespace

std::span<const ActivationEntry> activation_entries() { return kActivations; }
std::span<const LossEntry> loss_entries() { return kLosses; }

}  // namespace deltarule::derivation
