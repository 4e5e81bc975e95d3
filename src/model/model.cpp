// What a model says about itself, and its way to and from a file's bytes on the disk.
#include "model/model.hpp"

#include <utility>

#include "io/atomic_file.hpp"
#include "io/digest.hpp"
#include "io/file.hpp"
#include "model/little_endian.hpp"

namespace deltarule::model {

std::size_t Model::weight_count() const {
  return std::visit([](const auto& values) { return values.size(); }, weights);
}

std::vector<double> Model::weights_as_double() const {
  return std::visit([](const auto& values) { return std::vector<double>(values.begin(), values.end()); }, weights);
}

std::string Model::weights_digest() const {
  return std::visit([](const auto& values) { return io::digest_of(to_little_endian(std::span(values))); }, weights);
}

Result<void> Model::save(const std::string& path, bool overwrite) const {
  auto bytes = to_bytes();
  if (!bytes) return bytes.error();
  return io::write_atomically(path, *bytes, overwrite);
}

Result<Model> Model::load(const std::string& path) {
  auto bytes = io::read_file(path, io::most_file_bytes(), io::may_be_container);
  if (!bytes) return bytes.error();
  return parse(bytes->bytes(), io::display_name(path));
}

}  // namespace deltarule::model
