#include "harness/pages/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>

#include "harness/pages/pages.h"
#include "harness/report/page.h"
#include "harness/report/whole_file.h"
#include "src/base/error.h"

namespace portcullis::pages {
namespace {

namespace fs = std::filesystem;

// Kept out of the way of generation: somebody else writes it.
constexpr std::array kNotOurs{"entry-points.md", "operators.md"};

std::string AsHtml(const std::string& path) {
  if (path == "README.md") return "site/index.html";
  return "site/" + path.substr(0, path.rfind(".md")) + ".html";
}

std::string ReadWhole(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::set<std::string> FilesBelow(const fs::path& folder) {
  std::set<std::string> files;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    const std::string path = fs::relative(entry.path(), folder).generic_string();
    const bool ours = std::find(kNotOurs.begin(), kNotOurs.end(), path) == kNotOurs.end();
    if (entry.is_regular_file() && ours) files.insert(path);
  }
  return files;
}

}  // namespace

std::vector<SiteFile> Site(const Reference& reference, const host::HostLibrary& hosts) {
  const auto pictures = Pictures(reference);
  std::vector<SiteFile> pages{{"README.md", FrontPage(reference)},
                              {"claims.md", ClaimsPage(reference)},
                              {"errors.md", ErrorsPage()}};
  for (const auto& guide : repro::Guides()) {
    pages.push_back({"errors/" + guide.error + ".md", ErrorPage(reference, guide, hosts)});
  }
  const bool hardware = !reference.recordings.none();
  if (hardware) pages.push_back({"hardware.md", HardwarePage(reference)});
  std::vector<SiteFile> files;
  files.reserve(2 * pages.size());
  for (const SiteFile& page : pages) {
    files.push_back({AsHtml(page.path), HtmlOf(page.text, page.path, pictures, hardware)});
  }
  files.insert(files.end(), pages.begin(), pages.end());
  files.push_back({"matrix.md", MatrixPage(reference)});
  files.push_back({"site/matrix.html", MatrixHtml(reference)});
  for (const char* asset : {"style.css", "page.js"}) {
    files.push_back({std::string("site/") + asset,
                     std::string(report::EmbeddedFile(std::string("page/") + asset))});
  }
  for (const Picture& picture : pictures)
    files.push_back({"pictures/" + picture.name, picture.svg});
  return files;
}

void WriteSite(const std::vector<SiteFile>& files, const fs::path& folder) {
  std::set<std::string> old = FilesBelow(folder);
  for (const SiteFile& file : files) {
    fs::create_directories((folder / file.path).parent_path());
    report::WriteWholeFile(folder / file.path, file.text);
    old.erase(file.path);
  }
  for (const std::string& path : old) fs::remove(folder / path);
}

std::vector<std::string> Differences(const std::vector<SiteFile>& files, const fs::path& folder) {
  std::vector<std::string> differences;
  std::set<std::string> there = FilesBelow(folder);
  for (const SiteFile& file : files) {
    if (there.erase(file.path) == 0) {
      differences.push_back(file.path + " is not there");
    } else if (ReadWhole(folder / file.path) != file.text) {
      differences.push_back(file.path + " is not what the results give");
    }
  }
  for (const std::string& path : there) differences.push_back(path + " is of no results");
  return differences;
}

std::string BetweenMarkers(const std::string& text, const std::string& name,
                           const std::string& content) {
  const std::string begin = fmt::format("<!-- {} -->\n", name);
  const std::string end = fmt::format("<!-- /{} -->", name);
  const std::size_t from = text.find(begin);
  const std::size_t to = text.find(end, from == text.npos ? 0 : from);
  if (from == text.npos || to == text.npos) {
    throw UsageError(fmt::format("found no {}… {} to put the table between", begin, end));
  }
  return text.substr(0, from + begin.size()) + content + text.substr(to);
}

}  // namespace portcullis::pages
