// What `portcullis exec` makes of a command before it runs.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "harness/live/ask.h"
#include "harness/live/environment.h"
#include "harness/live/foreground.h"
#include "harness/live/target.h"
#include "src/base/error.h"
#include "tests/unit/scratch.h"

namespace portcullis::live {
namespace {

namespace fs = std::filesystem;

TEST(Interpreter, OfAScriptsFirstLine) {
  EXPECT_EQ(InterpreterOf("#!/usr/bin/python3"), "/usr/bin/python3");
  EXPECT_EQ(InterpreterOf("#! /opt/venv/bin/python -u"), "/opt/venv/bin/python");
  EXPECT_EQ(InterpreterOf("#!/usr/bin/env python3"), "python3");
  EXPECT_EQ(InterpreterOf("#!/usr/bin/env -S A=b python3.11 -u"), "python3.11");
  EXPECT_EQ(InterpreterOf("#!/bin/sh"), "/bin/sh");
  EXPECT_EQ(InterpreterOf("#!"), "");
  EXPECT_EQ(InterpreterOf("#!/usr/bin/env"), "");
  EXPECT_EQ(InterpreterOf("import torch"), "");
}

TEST(VersionPy, OfPyTorch) {
  // torch/version.py of 2.11.0, and of a CPU-only build.
  constexpr const char* kCuda =
      "from typing import Optional\n__version__ = '2.11.0+cu130'\ndebug = False\n"
      "cuda: Optional[str] = '13.0'\ngit_version = 'x'\nhip: Optional[str] = None\n";
  EXPECT_EQ(CudaOfVersionPy(kCuda), 13000);
  EXPECT_EQ(VersionOfVersionPy(kCuda), "2.11.0+cu130");
  EXPECT_EQ(CudaOfVersionPy("__version__ = '2.5.1+cu124'\ncuda = '12.4'\n"), 12040);
  EXPECT_EQ(CudaOfVersionPy("cuda: Optional[str] = None\nhip = '6.2'\n"), 0);
  EXPECT_EQ(VersionOfVersionPy(""), "");
}

TEST(Ldd, LinesOfItsOutput) {
  const auto linked = ReadLdd(
      "\tlinux-vdso.so.1 (0x00007ffc)\n"
      "\tlibcudart.so.13 => not found\n"
      "\tlibtorch_cuda.so => /a b/torch/lib/libtorch_cuda.so (0x00007f7b42000000)\n"
      "\t/lib64/ld-linux-x86-64.so.2 (0x00007f7b)\n");
  ASSERT_EQ(linked.size(), 2U);
  EXPECT_EQ(linked[0].soname, "libcudart.so.13");
  EXPECT_EQ(linked[0].file, "");
  EXPECT_EQ(linked[1].file, "/a b/torch/lib/libtorch_cuda.so");
}

TEST(Ldd, OfWhatIsNoProgram) { EXPECT_TRUE(LinkedOf("/etc/passwd", OwnEnvironment()).empty()); }

TEST(FindProgram, AsAShellDoes) {
  EXPECT_EQ(FindProgram("sh", {{"PATH", "/nowhere:/bin"}}), fs::path("/bin/sh"));
  EXPECT_EQ(FindProgram("/bin/sh", {}), fs::path("/bin/sh"));
  EXPECT_EQ(FindProgram("no-such-program", {{"PATH", "/bin"}}), std::nullopt);
  EXPECT_EQ(FindProgram("/etc", {}), std::nullopt);
  EXPECT_EQ(FindProgram("", {{"PATH", "/bin"}}), std::nullopt);
}

TEST(Ask, ThatEndsBadlyOrNotAtAll) {
  EXPECT_TRUE(Ask({"/bin/sh", "-c", "echo told"}, {}).well);
  EXPECT_EQ(Ask({"/bin/sh", "-c", "echo told"}, {}).output, "told\n");
  EXPECT_FALSE(Ask({"/bin/sh", "-c", "exit 1"}, {}).well);
  EXPECT_FALSE(Ask({"/nowhere/program"}, {}).well);
  EXPECT_FALSE(Ask({"/bin/sh", "-c", "sleep 100"}, {{"PATH", "/bin"}}, 1).well);
}

class Added : public testing::Test {
 protected:
  Added() {
    scratch_.Write("libcudart.so.13", "");
    scratch_.Write("libcuda.so.1", "");
    additions_.standins = folder_;
    additions_.description = "/h";
    additions_.record = "/r";
  }

  Scratch scratch_;
  const fs::path& folder_ = scratch_.path();
  Additions additions_;
};

TEST_F(Added, NextToTheCallersOwn) {
  const auto made = AddHost({{"HOME", "/me"}, {"LD_LIBRARY_PATH", "/x"}}, additions_);
  EXPECT_EQ(made.at("HOME"), "/me");
  EXPECT_EQ(made.at("LD_LIBRARY_PATH"), folder_.string() + ":/x");
  EXPECT_EQ(made.at("PORTCULLIS_SIM_HOST"), "/h");
  EXPECT_EQ(made.at("PORTCULLIS_SIM_RECORD"), "/r");
  EXPECT_FALSE(made.contains("LD_PRELOAD"));
}

TEST_F(Added, AnEmptySearchPathIsNone) {
  EXPECT_EQ(AddHost({{"LD_LIBRARY_PATH", ""}}, additions_).at("LD_LIBRARY_PATH"), folder_.string());
}

TEST_F(Added, PreloadsBeforeTheCallersOwn) {
  additions_.preload = {"/more.so"};
  additions_.preload_standins = true;
  EXPECT_EQ(AddHost({{"LD_PRELOAD", "/theirs.so"}}, additions_).at("LD_PRELOAD"),
            "/more.so libcuda.so.1 libcudart.so.13 /theirs.so");
}

TEST_F(Added, TheMaskThatWasSaid) {
  const host::Environment own = {{"CUDA_VISIBLE_DEVICES", "3"}};
  EXPECT_EQ(AddHost(own, additions_).at("CUDA_VISIBLE_DEVICES"), "3");
  additions_.mask = host::Mask::FromText("empty");
  EXPECT_EQ(AddHost(own, additions_).at("CUDA_VISIBLE_DEVICES"), "");
  additions_.mask = {};
  additions_.replace_mask = true;
  EXPECT_FALSE(AddHost(own, additions_).contains("CUDA_VISIBLE_DEVICES"));
}

TEST_F(Added, AFolderThatCannotBeSearched) {
  additions_.standins = "/with:colon";
  EXPECT_THROW(AddHost({}, additions_), CannotRun);
}

TEST(Status, AsAShellSays) {
  EXPECT_EQ(StatusOf({7, {}, {}}), 7);
  EXPECT_EQ(StatusOf({{}, 9, {}}), 137);
  EXPECT_EQ(StatusOf({{}, {}, ENOENT}), 127);
  EXPECT_EQ(StatusOf({{}, {}, EACCES}), 126);
}

}  // namespace
}  // namespace portcullis::live
