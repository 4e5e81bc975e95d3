// Columns that a prediction must follow, as the user names them: "income:+,age:-".
#pragma once

#include <string>
#include <vector>

namespace deltarule::app {

struct MonotoneColumn {
  std::string column;
  bool rises = true;  // the prediction never falls as the column rises; otherwise it never rises
  friend bool operator==(const MonotoneColumn&, const MonotoneColumn&) = default;
};

}  // namespace deltarule::app
