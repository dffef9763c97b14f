// Owns: one HTML page from its parts, and the parts that pages share: text, outcomes, details.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portcullis::report {

// A file of the folder page/ by its name; "" if there is none of that name.
std::string_view EmbeddedFile(std::string_view name);

// Text as HTML shows it, also within a quoted attribute.
std::string Escaped(std::string_view text);

// Its move throws nothing: json's own catches what the check within it throws.
// NOLINTNEXTLINE(bugprone-exception-escape)
struct PageParts {
  std::string title;        // text
  std::string description;  // text, for search engines
  std::string navigation;   // HTML
  std::string body;         // HTML
  std::string footer;       // HTML
  nlohmann::json details;   // by id: {"title", "parts": [{"heading", "rows"}]}; null: no dialog
  // Where style.css and page.js are, relative to the page; "": they stand in the page itself.
  std::string assets;
};
std::string Page(const PageParts& parts);

// The row of a detail: a term and its text; as code, or as a link.
nlohmann::json DetailRow(const std::string& term, const std::string& text);
nlohmann::json DetailCode(const std::string& term, const std::string& text);
nlohmann::json DetailLink(const std::string& term, const std::string& text,
                          const std::string& where);

// A filter: a box to choose one of `options` (value and what is shown), or anything.
std::string SelectFilter(const std::string& name, const std::string& label,
                         const std::vector<std::pair<std::string, std::string>>& options);
// The form around filters, with the search box and the count of what is shown.
std::string Filters(const std::string& search_label, const std::string& filters);

}  // namespace portcullis::report
