#include "explain/page/notation.hpp"

#include <array>

namespace deltarule::explain {
namespace {

using Letters = Symbols::Letters;

constexpr bool kMinusTheSlope = false, kTheSlope = true;
constexpr bool kSenderFirst = false, kReceiverFirst = true;

/// In the order of Notation.
constexpr std::array<Letters, 4> kLetters = {{
    {"E", "η", "I", "a", "t", "w", "δ", kMinusTheSlope, kSenderFirst},
    {"C", "η", "z", "a", "y", "w", "δ", kTheSlope, kReceiverFirst},                    // Nielsen 2015, chapter 2
    {"L", "lr", "z", "out", "target", "weight", "z.grad", kTheSlope, kReceiverFirst},  // as PyTorch users write
    {"E", "η", "net", "o", "t", "w", "δ", kMinusTheSlope, kReceiverFirst},             // PDP, volume 1, chapter 8
}};

}  // namespace

Symbols::Symbols(const Subject& subject, Notation notation)
    : subject_(&subject), letters_(&kLetters[static_cast<std::size_t>(notation)]) {}

std::string Symbols::of(std::string_view letter, Unit unit) const {
  return std::string(letter) + "(" + address_of(*subject_, unit) + ")";
}

std::string Symbols::of(std::string_view letter, const Link& link) const {
  const std::string from = link.bias ? "1" : address_of(*subject_, link.from), to = address_of(*subject_, link.to);
  return std::string(letter) + (letters_->receiver_first ? "(" + to + "," + from + ")" : "(" + from + ":" + to + ")");
}

std::string Symbols::f_prime(Unit unit) const { return "f′(" + I(unit) + ")"; }

}  // namespace deltarule::explain
