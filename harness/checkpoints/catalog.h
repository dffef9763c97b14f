// Owns: the table of checkpoints that can be made (fixtures/make/checkpoints.yaml).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace portcullis::checkpoints {

// One row.
struct Recipe {
  std::string name;               // "state-dict-cuda0"
  std::string format;             // as checkpoint::FormatName says
  std::string family;             // whose maker: "python" or "cpp"
  std::string function;           // the maker's function
  std::vector<std::string> from;  // devices to save from
  std::string host;               // where it is made
  std::string proves;             // why it is there, one line
  bool trust = false;             // we made it, and loading it runs what is in it
};

class Catalog {
 public:
  // Errors name file, line and column.
  explicit Catalog(const std::filesystem::path& file);
  const std::vector<Recipe>& recipes() const { return recipes_; }
  std::vector<std::string> Names() const;
  // Unknown: UsageError with the nearest name.
  const Recipe& Find(const std::string& name) const;

 private:
  std::vector<Recipe> recipes_;
};

}  // namespace portcullis::checkpoints
