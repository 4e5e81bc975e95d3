// The public Table: a shared, immutable table of the data room. Reading is done there; here errors become exceptions.
#include "app/access.hpp"
#include "app/engine/unwrap.hpp"
#include "base/text.hpp"
#include "data/readers/csv.hpp"

namespace deltarule {
namespace app {

Table TableAccess::wrap(TableState state) {
  Table table;
  table.impl_ = std::make_shared<const TableState>(std::move(state));
  return table;
}

const TableState& TableAccess::state(const Table& table) {
  static const TableState nothing;  // a table that was only declared has no rows and no columns
  return table.impl_ ? *static_cast<const TableState*>(table.impl_.get()) : nothing;
}

void append_texts(const data::Notices& notices, std::vector<std::string>& texts) {
  for (const data::Notice& notice : notices) texts.push_back(notice.text);
}

}  // namespace app

namespace {

data::CsvOptions to_data(const CsvOptions& options) {
  data::CsvOptions out;
  out.delimiter = options.delimiter;
  switch (options.header) {
    case CsvOptions::Header::detect:
      out.header = data::Header::detect;
      break;
    case CsvOptions::Header::yes:
      out.header = data::Header::yes;
      break;
    case CsvOptions::Header::no:
      out.header = data::Header::no;
      break;
  }
  out.missing = options.missing;
  out.text_columns = options.text_columns;
  return out;
}

}  // namespace

Table read_csv(const std::string& path, const CsvOptions& options) {
  app::TableState state;
  state.table = unwrap(data::read_csv(path, to_data(options), state.notices));
  return app::TableAccess::wrap(std::move(state));
}

Table parse_csv(std::string_view bytes, const std::string& name, const CsvOptions& options) {
  app::TableState state;
  state.table = unwrap(data::parse_csv(bytes, name, to_data(options), state.notices));
  return app::TableAccess::wrap(std::move(state));
}

std::size_t Table::rows() const { return app::TableAccess::table(*this).rows(); }
std::vector<std::string> Table::column_names() const { return app::TableAccess::table(*this).names(); }
std::size_t Table::missing_cells() const { return app::TableAccess::table(*this).missing(); }
std::string Table::source() const { return app::TableAccess::table(*this).source; }

std::vector<std::string> Table::notices() const {
  std::vector<std::string> texts;
  app::append_texts(app::TableAccess::state(*this).notices, texts);
  return texts;
}

Result<std::string> Table::cell(std::size_t row, std::string_view column) const {
  const data::Table& table = app::TableAccess::table(*this);
  const auto place = table.require(column, "column");
  if (!place) return place.error();
  if (row >= table.rows()) {
    return Error{ErrorCode::shape, table.source, "row " + std::to_string(row),
                 "a row below " + std::to_string(table.rows()), ""};
  }
  return table.cell_text(row, *place);
}

std::size_t Table::line_of(std::size_t row) const {
  const data::Table& table = app::TableAccess::table(*this);
  return row < table.rows() ? table.lines[row] : 0;
}

}  // namespace deltarule
