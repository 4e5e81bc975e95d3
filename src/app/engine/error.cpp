#include "deltarule/error.hpp"

namespace deltarule {

Exception::Exception(Error error) : error_(std::move(error)), message_(error_.message()) {}
Exception::~Exception() = default;

}  // namespace deltarule
