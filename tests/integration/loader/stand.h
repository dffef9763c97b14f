// Owns: starting the real loaders and makers on simulated hosts, as the harness does.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/checkpoints/catalog.h"
#include "harness/checkpoints/reference.h"
#include "harness/host/child_host.h"
#include "harness/host/host.h"
#include "harness/runner/answer.h"
#include "harness/runner/runner.h"

namespace portcullis::loader_test {

// For one child, however busy the machine.
inline constexpr std::chrono::minutes kPatience{10};

// A child's own folder, removed with this.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path path() const { return path_; }

 private:
  std::string path_;
};

const std::vector<host::Runtime>& Runtimes();
const host::HostLibrary& Hosts();
// "python", "cpp" and "cpp-cpu", as far as they are here.
std::vector<std::string> Families();
const host::Runtime& RuntimeOf(const std::string& family);

const checkpoints::Catalog& Catalog();
// Where a checkpoint of the catalog is or will be, and what it holds.
std::filesystem::path Made(const std::string& checkpoint);
checkpoints::Reference Manifest(const std::string& checkpoint);

// One child on one host.
struct Start {
  std::string family;
  std::vector<std::string> argv;
  std::string host = "no-driver";
  std::string input;
  bool without_torch = false;  // an environment in which Python cannot import PyTorch
};
struct Finish {
  runner::Ended ended;
  host::Flight flight;
};
// Two at a time; in the order asked.
std::vector<Finish> RunAll(const std::vector<Start>& starts);

// One load.
struct Load {
  std::string family;
  std::string checkpoint;  // a name of the catalog
  std::string strategy;
  std::string argument;
  std::string host = "no-driver";
  bool trust = false;
};
struct Loaded {
  Load load;
  runner::Answer answer;
  host::Flight flight;
};
// Fails the test for each load that gives no proper answer.
std::vector<Loaded> LoadAll(const std::vector<Load>& loads);

// The request of a load, in one line.
std::string Request(const Load& load);
// "python state-dict-cpu map-location=cpu on no-driver", for messages.
std::string Text(const Load& load);

}  // namespace portcullis::loader_test
