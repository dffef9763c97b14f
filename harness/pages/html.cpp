// Markdown pages as HTML of the site.
#include <fmt/format.h>
#include <md4c-html.h>

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>

#include "harness/pages/names.h"
#include "harness/pages/pages.h"
#include "harness/report/page.h"

namespace portcullis::pages {
namespace {

void Replace(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::string Rendered(const std::string& markdown) {
  std::string html;
  const auto append = [](const MD_CHAR* text, MD_SIZE size, void* to) {
    static_cast<std::string*>(to)->append(text, size);
  };
  const int failed = md_html(markdown.data(), static_cast<MD_SIZE>(markdown.size()), append, &html,
                             MD_FLAG_TABLES | MD_FLAG_NOHTMLBLOCKS, 0);
  if (failed != 0) throw std::logic_error("md4c could not render a page of the reference");
  return html;
}

// <h2>C1</h2> → <h2 id="C1">C1</h2>, so that links can point there.
void NameHeadings(std::string& html) {
  for (std::size_t at = html.find("<h2>"); at != html.npos; at = html.find("<h2>", at + 1)) {
    const std::size_t end = html.find("</h2>", at);
    html.replace(at, 4, fmt::format("<h2 id=\"{}\">", Slug(html.substr(at + 4, end - at - 4))));
  }
}

// href="x.md#y" → href="x.html#y"; README.md is index.html.
void LinkToHtml(std::string& html) {
  Replace(html, "README.md", "index.html");
  Replace(html, ".md\"", ".html\"");
  Replace(html, ".md#", ".html#");
}

void DrawPictures(std::string& html, const std::vector<Picture>& pictures) {
  for (const Picture& picture : pictures) {
    const std::string begins = fmt::format("<p><img src=\"pictures/{}\" alt=\"", picture.name);
    for (std::size_t at = html.find(begins); at != html.npos; at = html.find(begins, at + 1)) {
      const std::size_t text = at + begins.size();
      const std::string caption = html.substr(text, html.find('"', text) - text);
      const std::size_t end = html.find("</p>", at) + 4;
      html.replace(at, end - at,
                   fmt::format("<figure tabindex=\"0\">{}<figcaption>{}.</figcaption></figure>",
                               picture.svg, caption));
    }
  }
}

// The signs of answers get the look of outcomes.
void ColourAnswers(std::string& html) {
  constexpr std::array kAnswers{std::pair{"✓ confirmed", "confirmed"},
                                std::pair{"◐ limited", "limited"},
                                std::pair{"✗ refuted", "refuted"}};
  for (const auto& [words, style] : kAnswers) {
    Replace(html, fmt::format("<td>{}</td>", words),
            fmt::format("<td><span class=\"outcome {}\">{}</span></td>", style, words));
  }
}

// A table may be wider than the screen: what scrolls is a region that keys reach, named by the
// heading above it (and a number, where several tables stand below one).
void FrameTables(std::string& html) {
  std::map<std::string, int> named;
  std::string framed;
  std::string heading = "page";
  std::size_t from = 0;
  for (std::size_t at = html.find('<'); at != html.npos; at = html.find('<', at + 1)) {
    const std::string_view tag = std::string_view(html).substr(at);
    if (tag.starts_with("<h1") || tag.starts_with("<h2")) {
      const std::size_t text = html.find('>', at) + 1;
      heading = html.substr(text, html.find("</h", text) - text);
    } else if (tag.starts_with("<table>")) {
      const int number = ++named[heading];
      framed += html.substr(from, at - from);
      framed += fmt::format(
          "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"table: {}{}\"><table "
          "class=\"data\">",
          heading, number == 1 ? "" : fmt::format(", {}", number));
      from = at + std::string_view("<table>").size();
    }
  }
  html = framed + html.substr(from);
  Replace(html, "</table>", "</table></div>");
}

void DressTables(std::string& html) {
  FrameTables(html);
  Replace(html, "<th></th>", "<td></td>");
  Replace(html, "<th>", "<th scope=\"col\">");
  Replace(html, "<th align=\"right\">", "<th scope=\"col\" class=\"number\">");
  Replace(html, "<td align=\"right\">", "<td class=\"number\">");
  Replace(html, "<pre>", "<pre tabindex=\"0\">");
}

std::string UpFrom(const std::string& path) {
  std::string up;
  for (const char c : path) up += c == '/' ? "../" : "";
  return up;
}

std::string TitleOf(const std::string& markdown) {
  return markdown.substr(2, markdown.find('\n') - 2);
}

}  // namespace

std::string Navigation(const std::string& path, bool hardware) {
  struct Link {
    const char* page;
    const char* text;
  };
  constexpr std::array kLinks{Link{"claims", "Claims"}, Link{"matrix", "Matrix"},
                              Link{"errors", "Errors"}, Link{"hardware", "Hardware"}};
  const std::string up = UpFrom(path);
  std::string html = fmt::format("<a class=\"name\" href=\"{}index.html\">Portcullis</a>", up);
  for (const Link& link : kLinks) {
    if (std::string_view(link.page) == "hardware" && !hardware) continue;
    const bool here = path == std::string(link.page) + ".md";
    html += fmt::format("<a href=\"{}{}.html\"{}>{}</a>", up, link.page,
                        here ? " aria-current=\"page\"" : "", link.text);
  }
  return html;
}

std::string Foot(bool hardware) {
  return fmt::format(
      "Generated by <code>portcullis docs</code> from results of real loads on {}; nothing here is "
      "written by hand.",
      hardware ? "simulated GPUs and recordings of real ones" : "simulated GPUs");
}

std::string HtmlOf(const std::string& markdown, const std::string& path,
                   const std::vector<Picture>& pictures, bool hardware) {
  report::PageParts parts;
  parts.title = TitleOf(markdown) + " · Portcullis";
  parts.description = "What each PyTorch does with each kind of checkpoint on each kind of host.";
  parts.navigation = Navigation(path, hardware);
  parts.footer = Foot(hardware);
  parts.assets = UpFrom(path).empty() ? "./" : UpFrom(path);
  parts.body = Rendered(markdown);
  NameHeadings(parts.body);
  LinkToHtml(parts.body);
  DressTables(parts.body);
  ColourAnswers(parts.body);
  DrawPictures(parts.body, pictures);
  return report::Page(parts);
}

}  // namespace portcullis::pages
