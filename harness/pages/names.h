// Owns: how the pages name runtimes, hosts, formats and strategies.
#pragma once

#include <string>

#include "src/portability/strategy.h"

namespace portcullis::pages {

// "python-2.11.0" → "2.11.0"; "cpp-2.11.0-cpu" → "2.11.0".
std::string VersionOf(const std::string& runtime_id);
// "python-2.11.0" → "python"; "cpp-2.11.0" → "cpp"; "cpp-2.11.0-cpu" → "cpp-cpu".
std::string FamilyOf(const std::string& runtime_id);
// "Python", "C++", "C++, CPU-only build".
std::string FamilyLabel(const std::string& family);

// True if version `a` is newer than `b`, number by number.
bool Newer(const std::string& a, const std::string& b);

// A strategy as code in the language of a family, its argument filled in.
std::string CodeOf(const portability::Strategy& strategy, const std::string& family);

// "map-location=cuda:0" → "map-location-cuda-0", for file names and addresses.
std::string Slug(const std::string& text);

// "1070600" → "1,070,600".
std::string Grouped(std::uint64_t number);

}  // namespace portcullis::pages
