#include "tests/integration/loader/stand.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
namespace portcullis::loader_test {
namespace {

namespace fs = std::filesystem;

struct Child {
  Folder folder;
  std::unique_ptr<host::ChildHost> host;
};

runner::Command CommandOf(const Start& start, const Child& child) {
  runner::Command command;
  command.argv = start.argv;
  command.environment = child.host->environment();
  command.folder = child.folder.path();
  command.input = start.input;
  command.deadline = kPatience;
  if (start.without_torch) command.environment.erase("PYTHONPATH");
  return command;
}

}  // namespace

const std::vector<host::Runtime>& Runtimes() {
  static const auto runtimes = host::ReadRuntimes(PORTCULLIS_RUNTIMES_JSON);
  return runtimes;
}

const host::HostLibrary& Hosts() {
  static const host::HostLibrary hosts(PORTCULLIS_HOSTS);
  return hosts;
}

Folder::Folder() : path_((fs::temp_directory_path() / "portcullis-loader-XXXXXX").string()) {
  if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make " + path_);
}

Folder::~Folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::vector<std::string> Families() {
  std::vector<std::string> families;
  for (const host::Runtime& runtime : Runtimes()) {
    if (runtime.is_default) families.push_back(runtime.family);
  }
  return families;
}

const host::Runtime& RuntimeOf(const std::string& family) {
  for (const host::Runtime& runtime : Runtimes()) {
    if (runtime.is_default && runtime.family == family) return runtime;
  }
  throw std::runtime_error("no runtime of family " + family);
}

const checkpoints::Catalog& Catalog() {
  static const checkpoints::Catalog catalog(PORTCULLIS_CHECKPOINTS);
  return catalog;
}

fs::path Made(const std::string& checkpoint) {
  return fs::path(PORTCULLIS_MADE) / (checkpoint + ".pt");
}

checkpoints::Reference Manifest(const std::string& checkpoint) {
  return checkpoints::ReadManifest(Made(checkpoint).string() + ".manifest.json");
}

std::vector<Finish> RunAll(const std::vector<Start>& starts) {
  runner::Runner runner(2);
  std::vector<Child> children(starts.size());
  std::vector<Finish> finishes(starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    Child& child = children[i];
    child.host =
        std::make_unique<host::ChildHost>(Hosts().Find(starts[i].host), host::Mask{},
                                          RuntimeOf(starts[i].family), child.folder.path());
    runner.Submit(CommandOf(starts[i], child),
                  [&child, &finish = finishes[i]](runner::Ended ended) {
                    finish = {std::move(ended), child.host->Read()};
                  });
  }
  runner.Run();
  return finishes;
}

namespace {
nlohmann::json ExampleOf(const Load& load) {
  if (load.strategy != "forward") return nullptr;
  const auto example = Manifest(load.checkpoint).example;
  if (!example) return nullptr;
  return {{"dtype", example->dtype}, {"shape", example->shape}};
}
}  // namespace

std::string Request(const Load& load) {
  const nlohmann::json request = {
      {"protocol", 1},
      {"case", Text(load)},
      {"checkpoint", Made(load.checkpoint).string()},
      {"format", Catalog().Find(load.checkpoint).format},
      {"strategy", load.strategy},
      {"argument", load.argument},
      {"trust", load.trust},
      {"example", ExampleOf(load)},
  };
  return request.dump() + "\n";
}

std::string Text(const Load& load) {
  return fmt::format("{} {} {}={} on {}", load.family, load.checkpoint, load.strategy,
                     load.argument, load.host);
}

std::vector<Loaded> LoadAll(const std::vector<Load>& loads) {
  std::vector<Start> starts;
  starts.reserve(loads.size());
  for (const Load& load : loads) {
    starts.push_back({load.family, RuntimeOf(load.family).loader, load.host, Request(load), false});
  }
  const std::vector<Finish> finishes = RunAll(starts);
  std::vector<Loaded> loaded;
  for (std::size_t i = 0; i < loads.size(); ++i) {
    const runner::Ended& ended = finishes[i].ended;
    auto read = runner::ReadAnswer(ended.answer, ended.answer_too_long, Text(loads[i]));
    EXPECT_EQ(read.protocol_error, "") << Text(loads[i]) << "\n" << ended.errors;
    EXPECT_EQ(ended.exit_code, 0) << Text(loads[i]) << "\n" << ended.errors;
    if (read.answer) loaded.push_back({loads[i], *read.answer, finishes[i].flight});
  }
  return loaded;
}

}  // namespace portcullis::loader_test
