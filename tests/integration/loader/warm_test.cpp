// Cases in children of warm loaders and in fresh processes: the same results, and no CUDA call
// before a warm loader forks.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "harness/checkpoints/damage.h"
#include "harness/scenario/scenario.h"
#include "harness/suite/load.h"
#include "harness/suite/suite.h"
#include "tests/integration/loader/stand.h"

namespace portcullis::loader_test {
namespace {

using verdict::Result;

scenario::KnownNames KnownNames() {
  std::vector<std::string> runtimes = {"python", "cpp", "cpp-cpu"};
  for (const auto& runtime : Runtimes()) runtimes.push_back(runtime.id);
  const checkpoints::DamageTable damages(std::filesystem::path(PORTCULLIS_SCENARIOS).parent_path() /
                                         "fixtures/damage/damages.yaml");
  return {Catalog().Names(), Hosts().Names(), runtimes, damages.Names()};
}

// Every nth case of all scenarios whose files are whole; n has no factor in common with the sizes
// of their matrices, so that every host, strategy and runtime has its turn.
std::vector<scenario::Case> SomeCases() {
  constexpr std::size_t kEvery = 61;
  std::vector<scenario::Case> some;
  scenario::CaseList all;
  for (const auto& file : scenario::FindScenarios(PORTCULLIS_SCENARIOS)) {
    scenario::ReadScenario(file, KnownNames(), all);
  }
  for (std::size_t number = 0; number < all.size(); number += kEvery) {
    if (all.At(number).damage.empty()) some.push_back(all.At(number));
  }
  return some;
}

suite::Subject SubjectOf(const scenario::Case& c) {
  suite::Subject subject;
  subject.file = Made(c.checkpoint);
  subject.trust = Catalog().Find(c.checkpoint).trust;
  subject.reference = Manifest(c.checkpoint);
  suite::ReadMap(subject);
  return subject;
}

std::vector<Result> RunCases(const std::vector<scenario::Case>& cases, bool isolate) {
  const suite::Suite suite{.hosts = Hosts(),
                           .runtimes = Runtimes(),
                           .subject_of = SubjectOf,
                           .deadline = kPatience,
                           .isolate = isolate};
  runner::Runner runner(2);
  std::vector<Result> results(cases.size());
  suite::RunCases(suite, cases, runner,
                  [&](std::size_t number, Result result) { results[number] = std::move(result); });
  return results;
}

// The whole text, but for the frames outside of PyTorch: a warm loader's main() is not a fresh
// one's.
std::string Comparable(const std::string& error) {
  std::string kept;
  std::istringstream lines(error);
  for (std::string line; std::getline(lines, line);) {
    const bool frame = line.starts_with("frame #");
    if (frame && line.find("/torch/lib/") == std::string::npos) continue;
    kept += line + "\n";
  }
  return kept;
}

std::string CountsText(const host::Counts& c) {
  return fmt::format("{} {} {} {} {} {} {} {} {}", c.host_to_device_bytes, c.host_to_device_calls,
                     c.device_to_host_bytes, c.device_to_host_calls, c.device_to_device_bytes,
                     c.device_to_device_calls, c.allocations, c.peak_bytes, c.kernels_launched);
}

// Everything that must be the same, in words.
std::string Text(const Result& result) {
  const verdict::Observation& seen = result.observation;
  std::string text = fmt::format(
      "verdict {}\noutcome {}\nphase {}\nexit code {}\nsignal {}\nerror {}: {}\nshort: {}\n",
      static_cast<int>(result.judgement.verdict), verdict::OutcomeName(seen.outcome), seen.phase,
      seen.exit_code.value_or(-1), seen.signal.value_or(-1), seen.error_type,
      Comparable(seen.error_whole), seen.error_short);
  for (const auto& tensor : seen.tensors) {
    text += fmt::format("tensor {} {} {} {} {} dimensions\n", tensor.name, tensor.dtype,
                        tensor.device, tensor.sha256, tensor.shape.size());
  }
  for (const auto& value : seen.values)
    text += fmt::format("value {} {}\n", value.name, value.text);
  text += fmt::format("attached {}, refused {}\n", seen.flight.attached, seen.flight.refused_calls);
  for (const auto& device : seen.flight.devices) {
    for (const host::Counts& counts : device) text += CountsText(counts) + "\n";
  }
  return text;
}

TEST(Warm, GivesWhatAFreshProcessGives) {
  if (!testing::Matches(testing::Contains("python"))(Families())) {
    GTEST_SKIP() << "no PyTorch for Python here";
  }
  const auto cases = SomeCases();
  const auto warm = RunCases(cases, false);
  const auto fresh = RunCases(cases, true);
  ASSERT_EQ(warm.size(), cases.size());
  ASSERT_EQ(fresh.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(warm[i].observation.again, "") << cases[i].id;
    EXPECT_EQ(Text(warm[i]), Text(fresh[i])) << cases[i].id;
    EXPECT_EQ(warm[i].judgement.verdict, verdict::Verdict::kAsExpected) << cases[i].id;
  }
}

// A loader that cannot serve, and works otherwise.
class OnlyFresh {
 public:
  explicit OnlyFresh(const host::Runtime& like) : runtime_(like) {
    const std::filesystem::path script = folder_.path() / "loader";
    std::ofstream(script) << "#!/bin/sh\n"
                             "if [ \"$1\" = --serve ]; then echo cannot serve >&2; exit 3; fi\n"
                             "exec '" +
                                 like.loader.front() + "'\n";
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    runtime_.loader = {script.string()};
  }
  const host::Runtime& runtime() const { return runtime_; }

 private:
  Folder folder_;
  host::Runtime runtime_;
};

TEST(Warm, ACaseThatALoaderLostRunsAgainAfreshAndSaysSo) {
  if (!testing::Matches(testing::Contains("python"))(Families())) {
    GTEST_SKIP() << "no PyTorch for Python here";
  }
  const OnlyFresh loader(RuntimeOf("cpp-cpu"));
  suite::Load load;
  load.id = "lost";
  load.file = Made("script-cpu");
  load.format = "torchscript";
  load.host = Hosts().Find("no-driver");
  load.runtime = &loader.runtime();
  load.isolate = false;
  runner::Runner runner(1);
  std::vector<verdict::Observation> seen;
  suite::SubmitLoad(load, runner, [&](verdict::Observation o) { seen.push_back(std::move(o)); });
  runner.Run();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].outcome, verdict::Outcome::kLoaded) << seen[0].trouble;
  EXPECT_THAT(seen[0].Text(),
              testing::AllOf(testing::StartsWith("loaded (run again in a fresh process: "),
                             testing::HasSubstr("it exited with 3: cannot serve")));
}

// Maps a flight record to see calls that a Flight does not tell of.
std::uint64_t CallsIn(const std::filesystem::path& file) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  void* mapping = mmap(nullptr, simcuda::kRecordBytes, PROT_READ, MAP_SHARED, descriptor, 0);
  close(descriptor);
  if (mapping == MAP_FAILED) throw std::runtime_error("cannot map " + file.string());
  const std::uint64_t calls = static_cast<const simcuda::FlightRecord*>(mapping)->calls.load();
  munmap(mapping, simcuda::kRecordBytes);
  return calls;
}

// A fork of a process that has begun with CUDA cannot use it, and the host would be the loader's.
TEST(Warm, MakesNoCallBeforeItForks) {
  for (const std::string& family : Families()) {
    const Folder of_loader;
    const Folder of_case;
    const auto host = Hosts().Find("2xh200");
    const host::ChildHost loader_host(host, {}, RuntimeOf(family), of_loader.path());
    const host::ChildHost case_host(host, {}, RuntimeOf(family), of_case.path());
    const Load load{family, "script-cuda0", "map-location", "cuda:1", "2xh200"};
    runner::Command command;
    command.argv = RuntimeOf(family).loader;
    command.environment = case_host.environment();
    command.folder = of_case.path();
    command.input = Request(load);
    command.warm = runner::Warm{command.argv, loader_host.environment()};
    command.warm->argv.emplace_back("--serve");
    runner::Runner runner(1);
    for (int i = 0; i < 3; ++i) {
      runner.Submit(command, [&](const runner::Ended& ended) {
        EXPECT_EQ(ended.exit_code, 0) << ended.lost << ended.errors;
        EXPECT_FALSE(loader_host.Read().attached) << family;
        EXPECT_EQ(CallsIn(of_loader.path() / "record"), 0U) << family;
      });
    }
    runner.Run();
    if (family == "cpp-cpu") continue;  // has no CUDA to call
    EXPECT_TRUE(case_host.Read().attached) << family;
    EXPECT_GT(CallsIn(of_case.path() / "record"), 0U) << family;
  }
}

}  // namespace
}  // namespace portcullis::loader_test
