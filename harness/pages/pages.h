// Owns: the pages of the reference, each a function from the reference to its text.
#pragma once

#include <string>
#include <vector>

#include "harness/host/host.h"
#include "harness/pages/reference.h"
#include "harness/repro/guide.h"

namespace portcullis::pages {

// Markdown, with links between the pages as files of docs/reference.
std::string FrontPage(const Reference& reference);
std::string ClaimsPage(const Reference& reference);
std::string MatrixPage(const Reference& reference);
std::string ErrorsPage();  // the list of them
std::string ErrorPage(const Reference& reference, const repro::Guide& guide,
                      const host::HostLibrary& hosts);

std::string HardwarePage(const Reference& reference);  // of recordings; there must be one

// The matrix as an interactive HTML page.
std::string MatrixHtml(const Reference& reference);

// The table of claims as it stands in the README, whose links start at `where`.
std::string ClaimsTable(const Reference& reference, const std::string& where);

// A Markdown page as HTML of the site: links to .md become links to .html, pictures are drawn into
// the page, the signs of outcomes get their colours. `path` is the page's, as "errors/no-gpus.md";
// `hardware` as Navigation has it.
struct Picture {
  std::string name;  // "transfers.svg"
  std::string svg;
};
std::string HtmlOf(const std::string& markdown, const std::string& path,
                   const std::vector<Picture>& pictures, bool hardware);

// Whether a picture shows the course of that case.
bool PictureShows(const std::string& id);

// The pictures, drawn from counts. Throws UsageError if the cases that they show are not there.
std::vector<Picture> Pictures(const Reference& reference);

// The links at the head of a page of the site (`hardware`: there is a page of that) and what stands
// at its foot.
std::string Navigation(const std::string& path, bool hardware);
std::string Foot(bool hardware);

}  // namespace portcullis::pages
