#include "harness/report/page.h"

#include <fmt/format.h>

#include <map>

#include "harness/report/json_text.h"

namespace portcullis::report {
namespace {

// JSON within a script element: nothing in it can end the element.
std::string ScriptJson(const nlohmann::json& value) {
  std::string text;
  for (const char c : JsonText(value)) {
    text += c == '<' ? std::string("\\u003c") : std::string(1, c);
  }
  return text;
}

std::string Details(const nlohmann::json& details) {
  if (details.is_null()) return {};
  return fmt::format(
      "<dialog aria-labelledby=\"dialog-title\"><form method=\"dialog\"><button "
      "class=\"close\">Close</button></form><div class=\"body\"></div></dialog>\n"
      "<script type=\"application/json\" id=\"details\">{}</script>",
      ScriptJson(details));
}

std::string Style(const std::string& assets) {
  if (!assets.empty()) return fmt::format("<link rel=\"stylesheet\" href=\"{}style.css\">", assets);
  return fmt::format("<style>\n{}</style>", EmbeddedFile("page/style.css"));
}

std::string Script(const std::string& assets) {
  if (!assets.empty()) return fmt::format("<script src=\"{}page.js\"></script>", assets);
  return fmt::format("<script>\n{}</script>", EmbeddedFile("page/page.js"));
}

}  // namespace

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string Page(const PageParts& parts) {
  const std::map<std::string, std::string, std::less<>> fields{
      {"title", Escaped(parts.title)},
      {"description", Escaped(parts.description)},
      {"style", Style(parts.assets)},
      {"navigation", parts.navigation},
      {"body", parts.body},
      {"footer", parts.footer},
      {"details", Details(parts.details)},
      {"script", Script(parts.assets)}};
  const std::string_view text = EmbeddedFile("page/page.html.in");
  std::string page;
  for (std::size_t at = 0;;) {
    const std::size_t open = text.find('@', at);
    const std::size_t close = open == text.npos ? text.npos : text.find('@', open + 1);
    if (close == text.npos) return page + std::string(text.substr(at));
    page += text.substr(at, open - at);
    page += fields.at(std::string(text.substr(open + 1, close - open - 1)));
    at = close + 1;
  }
}

nlohmann::json DetailRow(const std::string& term, const std::string& text) {
  return nlohmann::json::array({term, text});
}
nlohmann::json DetailCode(const std::string& term, const std::string& text) {
  return nlohmann::json::array({term, text, "code"});
}
nlohmann::json DetailLink(const std::string& term, const std::string& text,
                          const std::string& where) {
  return nlohmann::json::array({term, text, "link", where});
}

std::string SelectFilter(const std::string& name, const std::string& label,
                         const std::vector<std::pair<std::string, std::string>>& options) {
  std::string html = fmt::format("<label>{}<select name=\"{}\"><option value=\"\">any</option>",
                                 Escaped(label), Escaped(name));
  for (const auto& [value, shown] : options) {
    html += fmt::format("<option value=\"{}\">{}</option>", Escaped(value), Escaped(shown));
  }
  return html + "</select></label>";
}

std::string Filters(const std::string& search_label, const std::string& filters) {
  return fmt::format(
      "<form class=\"filters\" hidden role=\"search\"><label>{}<input type=\"search\" name=\"q\" "
      "autocomplete=\"off\" spellcheck=\"false\"></label>{}<button "
      "type=\"reset\">Clear</button><output></output></form>\n",
      Escaped(search_label), filters);
}

}  // namespace portcullis::report
