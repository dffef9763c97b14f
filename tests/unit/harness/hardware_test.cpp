// What a machine can show, and what makes two observations of one case differ.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/hardware/agreement_text.h"
#include "harness/hardware/calls.h"
#include "harness/hardware/compare_case.h"
#include "harness/hardware/masks.h"
#include "harness/hardware/recording.h"
#include "harness/hardware/shown.h"
#include "harness/suite/scratch.h"
#include "src/base/error.h"

namespace portcullis::hardware {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;

host::Host HostWith(std::size_t gpus, int driver = 13000) {
  host::Host host;
  host.name = "test";
  host.driver_version = driver;
  host.gpus.resize(gpus);
  return host;
}

host::Runtime Cuda13() {
  host::Runtime runtime;
  runtime.cuda = 13;
  return runtime;
}

Shown On(std::size_t machine, std::size_t declared, const char* mask) {
  return ShowHere(HostWith(declared), host::Mask::FromText(mask), Cuda13(), HostWith(machine));
}

TEST(Shown, AMachineWithAsManyGpusGetsTheMaskAsWritten) {
  for (const char* mask : {"unset", "empty", "1", "0,0", "junk", "1gpu2"}) {
    const Shown shown = On(2, 2, mask);
    EXPECT_EQ(shown.because, "");
    EXPECT_EQ(shown.mask, host::Mask::FromText(mask)) << mask;
  }
}

TEST(Shown, ALargerMachineShowsWhatTheHostWouldShow) {
  EXPECT_EQ(On(8, 2, "unset").mask.Text(), "0,1");
  EXPECT_EQ(On(8, 2, "1").mask.Text(), "1");
  EXPECT_EQ(On(8, 2, "1,5,0").mask.Text(), "1");  // the host has no GPU 5: the list ends there
  EXPECT_EQ(On(8, 2, "5").mask.Text(), "empty");
  EXPECT_EQ(On(8, 2, "0,0").mask.Text(), "0,0");  // none there either: as it is written
}

TEST(Shown, ASmallerMachineShowsHostsWithFewEnoughGpusVisible) {
  EXPECT_EQ(On(1, 2, "1").mask.Text(), "0");
  EXPECT_EQ(On(1, 2, "0").mask.Text(), "0");
  for (const char* none : {"empty", "-1", "junk", "0,0"})
    EXPECT_EQ(On(1, 2, none).mask.Text(), none);
  EXPECT_EQ(On(2, 8, "3,5").mask.Text(), "0,1");
  EXPECT_EQ(On(1, 8, "3,5").because, "needs 2 GPUs; this machine has 1");
  EXPECT_EQ(On(1, 2, "0,00").mask.Text(), "0,00") << "repeats here too";
  EXPECT_EQ(On(1, 2, "0,1,0").mask.Text(), "0,0") << "would leave one GPU of one";
}

TEST(Shown, WhatAMachineCannotShowIsSkippedByName) {
  EXPECT_EQ(On(1, 2, "unset").because, "needs 2 GPUs; this machine has 1");
  EXPECT_EQ(On(1, 0, "unset").because, "needs a driver without GPUs; this machine has GPUs");
  const auto because = [](int declared, int machine) {
    return ShowHere(HostWith(1, declared), {}, Cuda13(), HostWith(1, machine)).because;
  };
  EXPECT_EQ(because(0, 13000), "needs a host without a driver; this machine has one");
  EXPECT_EQ(because(13000, 0), "needs an NVIDIA driver; this machine has none");
  EXPECT_EQ(because(12040, 13000), "needs a driver too old for CUDA 13; this machine's is not");
  EXPECT_EQ(because(13000, 13020), "");
  host::Host broken = HostWith(1);
  broken.faults.resize(1);
  EXPECT_EQ(ShowHere(broken, {}, Cuda13(), HostWith(1)).because,
            "needs faults, which cannot be injected into hardware");
  broken = HostWith(1);
  broken.gpus.front().state = simcuda::DeviceState::kBusy;
  EXPECT_EQ(ShowHere(broken, {}, Cuda13(), HostWith(1)).because,
            "needs GPUs that are busy, lost or partly in use");
  EXPECT_EQ(On(1, 1, "GPU-1234").because, "needs GPUs with the UUIDs in its mask");
}

TEST(TellingMasks, NameTheMachinesOwnGpus) {
  host::Gpu first;
  first.uuid = "GPU-01234567-89ab-4def-8123-456789abcdef";
  const auto masks = TellingMasks({first});
  EXPECT_THAT(masks, Contains(host::Mask{}));
  EXPECT_THAT(masks, Contains(host::Mask{""}));
  EXPECT_THAT(masks, Contains(host::Mask{first.uuid}));
  EXPECT_THAT(masks, Contains(host::Mask{"GPU-01234567"}));
  EXPECT_THAT(masks, Contains(host::Mask{first.uuid + "," + first.uuid}));
  for (const auto& mask : masks) EXPECT_EQ(mask.Text().find('{'), std::string::npos);
}

json Loaded() {
  return {{"outcome", "loaded"},
          {"phase", "read-back"},
          {"error", nullptr},
          {"tensors",
           {{{"name", "w"},
             {"dtype", "float32"},
             {"shape", {2}},
             {"bytes", 8},
             {"device", "cuda:0"},
             {"sha256", "aa"}}}},
          {"flight",
           {{"attached", true},
            {"devices",
             {{{"load",
                {{"host_to_device_bytes", 8},
                 {"host_to_device_calls", 1},
                 {"peak_bytes", 2097152}}}}}}}}};
}

std::vector<Aspect> Differing(const json& recorded, const json& simulated) {
  std::vector<Aspect> aspects;
  for (const CaseAspect& part : CompareCase(recorded, simulated)) {
    if (part.recorded != part.simulated) aspects.push_back(part.aspect);
  }
  return aspects;
}

TEST(CompareCase, TheSameObservationAgreesInEveryAspect) {
  EXPECT_EQ(CompareCase(Loaded(), Loaded()).size(), 5U);
  EXPECT_THAT(Differing(Loaded(), Loaded()), testing::IsEmpty());
}

TEST(CompareCase, EachAspectIsNoticedByItself) {
  const auto changed = [](const char* pointer, const json& value) {
    json seen = Loaded();
    seen[json::json_pointer(pointer)] = value;
    return Differing(Loaded(), seen);
  };
  using testing::ElementsAre;
  EXPECT_THAT(changed("/phase", "load"), ElementsAre(Aspect::kOutcome));
  EXPECT_THAT(changed("/error", {{"type", "RuntimeError"}, {"text", "no"}}),
              ElementsAre(Aspect::kError));
  EXPECT_THAT(changed("/tensors/0/device", "cpu"), ElementsAre(Aspect::kDevices));
  EXPECT_THAT(changed("/tensors/0/sha256", "bb"), ElementsAre(Aspect::kBytes));
  const char* load = "/flight/devices/0/load/";
  EXPECT_THAT(changed((std::string(load) + "host_to_device_bytes").c_str(), 16),
              ElementsAre(Aspect::kMoved));
  EXPECT_THAT(changed((std::string(load) + "host_to_device_calls").c_str(), 2),
              ElementsAre(Aspect::kOperations));
  EXPECT_THAT(changed((std::string(load) + "peak_bytes").c_str(), 1), testing::IsEmpty());
}

TEST(CompareCase, OfKernelsItIsComparedWhetherThereWereAny) {
  const auto launching = [](int kernels) {
    json seen = Loaded();
    seen["flight"]["devices"][0]["load"]["kernels_launched"] = kernels;
    return seen;
  };
  EXPECT_THAT(Differing(launching(40), launching(57)), testing::IsEmpty());
  EXPECT_THAT(Differing(launching(0), launching(1)), testing::ElementsAre(Aspect::kOperations));
}

TEST(CallsText, LeavesOutLaunchesAndNothingElse) {
  const json calls = {{"cudaMalloc", 4, 0, 2097152, 0},
                      {"cudaLaunchKernel", 4, 0, 0, 0},
                      {"cudaLaunchKernelExC", 4, 0, 0, 0},
                      {"cudaMemcpyAsync", 4, 0, 256, 0}};
  EXPECT_EQ(CallsText(calls),
            "cudaMalloc in phase 4 on GPU 0, 2097152 bytes: 0\n"
            "cudaMemcpyAsync in phase 4 on GPU 0, 256 bytes: 0\n");
}

TEST(CompareCase, ErrorsOfTheSameClassWithOtherWordsDiffer) {
  json one = Loaded();
  json other = Loaded();
  one["error"] = {{"type", "RuntimeError"}, {"text", "invalid device ordinal"}};
  other["error"] = {{"type", "RuntimeError"}, {"text", "CUDA error: invalid device ordinal"}};
  EXPECT_THAT(Differing(one, other), testing::ElementsAre(Aspect::kError));
}

TEST(CompareCase, WhereTheCheckpointLayDoesNotMatter) {
  json one = Loaded();
  json other = Loaded();
  one["error"] = {{"type", "RuntimeError"}, {"text", "cannot open torch.save(/tmp/a/b/x.pt, …)"}};
  other["error"] = {{"type", "RuntimeError"}, {"text", "cannot open torch.save(/home/x.pt, …)"}};
  EXPECT_THAT(Differing(one, other), testing::IsEmpty());
  other["error"]["text"] = "cannot open torch.save(/home/y.pt, …)";
  EXPECT_THAT(Differing(one, other), testing::ElementsAre(Aspect::kError));
}

class RecordingFolder : public testing::Test {
 protected:
  void Write(const char* name, const std::string& text) {
    std::ofstream(folder_.path() / name) << text;
  }
  Recording Written() {
    Recording recording;
    recording.folder = folder_.path();
    recording.portcullis = "0.1.0";
    recording.recorded = "2026-01-31T12:00:00Z";
    recording.runtime = "python-2.11.0";
    recording.machine = {{"driver", {{"version", 13000}, {"devices", json::array()}}},
                         {"runtime", {{"version", 13000}}}};
    recording.masks = {{host::Mask{}, {"GPU-1"}, 0}, {host::Mask{""}, {}, 100}};
    recording.checkpoints = {"state-dict-cuda0"};
    WriteRecording(recording);
    Write("calls.ndjson", R"({"id":"a/b","calls":[["cudaMalloc",1,0,2097152,0]]})"
                          "\n");
    return recording;
  }
  std::string Refusal() {
    try {
      ReadRecording(folder_.path());
    } catch (const UsageError& error) {
      return error.what();
    }
    return "accepted";
  }
  suite::ScratchFolder folder_;
};

constexpr const char* kFooter = R"({"kind":"footer","complete":true})";

TEST_F(RecordingFolder, IsReadAsItWasWritten) {
  const Recording written = Written();
  Write("results.ndjson", std::string(R"({"kind":"case","id":"a/b"})") + "\n" + kFooter + "\n");
  Write("explained.yaml", "- aspect: mask\n  subject: mask 0\n  why: a driver from 2019\n");
  const Recording read = ReadRecording(folder_.path());
  EXPECT_EQ(read.masks, written.masks);
  EXPECT_EQ(read.machine, written.machine);
  EXPECT_EQ(read.checkpoints, written.checkpoints);
  ASSERT_EQ(read.results.size(), 1U);
  ASSERT_EQ(read.explained.size(), 1U);
  EXPECT_EQ(read.explained.front().why, "a driver from 2019");
}

TEST_F(RecordingFolder, WithoutAFooterItIsNone) {
  Written();
  Write("results.ndjson", R"({"kind":"case","id":"a/b"})"
                          "\n");
  EXPECT_THAT(Refusal(), HasSubstr("found no footer"));
}

TEST_F(RecordingFolder, DamageIsToldWithFileAndLine) {
  Written();
  Write("results.ndjson", std::string("{\n") + kFooter + "\n");
  EXPECT_THAT(Refusal(), HasSubstr("results.ndjson:1: found no result line"));
  Write("recording.json", R"({"schema": 7})");
  EXPECT_THAT(Refusal(), HasSubstr("recording.json: found schema 7, expected 1"));
  Write("recording.json", "{");
  EXPECT_THAT(Refusal(), HasSubstr("recording.json: no recording"));
}

TEST_F(RecordingFolder, AgreementNamesEveryDifferenceAndRoundsDown) {
  const Recording recording = Written();
  Agreement agreement;
  agreement.by_aspect[static_cast<std::size_t>(Aspect::kMask)] = {3000, 2999};
  agreement.differences = {{Aspect::kMask, "mask 0,0", "none (error 100)", "1 GPUs: GPU-1", ""}};
  const std::string text = AgreementText(recording, agreement, report::Style(false, false, 80));
  EXPECT_THAT(text, HasSubstr("mask              3000    2999    99.9 %"));
  EXPECT_THAT(text, HasSubstr("mask of mask 0,0\n  hardware:   none (error 100)\n"
                              "  simulation: 1 GPUs: GPU-1\n"));
  EXPECT_THAT(text, HasSubstr("agreement 99.9 %: 2999 of 3000; 1 differences, 1 of them "
                              "unexplained"));
  agreement.differences.front().explained = "of the driver's age";
  EXPECT_EQ(agreement.Unexplained(), 0U);
}

}  // namespace
}  // namespace portcullis::hardware
