// Files that are no checkpoints: what they look like, and what to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "src/checkpoint/read.h"
#include "tests/unit/checkpoint/build.h"
#include "tests/unit/checkpoint/errors.h"
#include "tests/unit/scratch.h"

namespace portcullis::checkpoint {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(Foreign, IsSaidToBeSo) {
  EXPECT_EQ(
      ErrorOf("<!DOCTYPE html>\n<html><title>404 Not Found</title>"),
      "x.pt: found an HTML page, expected a checkpoint that PyTorch or LibTorch saved\n"
      "  next: download the file itself: a page that says 'not found' or 'log in' was saved in "
      "its place");
  EXPECT_EQ(ErrorOf(""),
            "x.pt: found an empty file, expected a checkpoint that PyTorch or LibTorch saved\n"
            "  next: save or copy it again");
}

struct Sample {
  std::string bytes, what;
};

TEST(Foreign, OfManyKinds) {
  const Sample samples[] = {
      {"version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 3\n", "a Git LFS pointer"},
      {"\n  <HTML><body>", "an HTML page"},
      {"\x89HDF\r\n\x1a\n....", "an HDF5 file"},
      {std::string("GGUF\x03\0\0\0", 8), "a GGUF file"},
      {"\x1f\x8b\x08....", "a gzip file"},
      {"x\x5e\xd5\x53", "zlib data, as joblib.dump(compress=…) writes"},
      {std::string(257, '\0') + "ustar", "a tar archive"},
      {std::string("\x08\x07\x12\x07pytorch", 11), "an ONNX model"},
      {"\x93NUMPY\x01", "a NumPy array"},
      {"{\"a\": 1}", "JSON text, but no index of a sharded checkpoint"},
      {Zip({{"a.npy", "x"}}), "NumPy arrays (.npz)"},
      {Zip({{"x/a.txt", "x"}}), "a zip archive without data.pkl (its first entry is x/a.txt)"},
      {Zip({{"MAR-INF/MANIFEST.json", "{}"}}), "a TorchServe model archive"},
      {Zip({{"m/model.json", "{}"}}), "a TorchScript archive of PyTorch 1.0 to 1.3"},
      {PickleText().Global("sklearn.svm", "SVC").Raw(")R").Done(),
       "a pickle without tensors or devices (of sklearn.svm.SVC)"},
      {std::string("\x01\x02\x03\x04\x05\x06\x07\x08\x09", 9),
       "something unknown, starting with 01 02 03 04 05 06 07 08"},
      {"a", "something unknown, starting with 61"},
      // protocols 0 and 1 begin as text might
      {"(dp0\nVa\np1\nI1\ns.", "a pickle without tensors or devices"},
      {std::string("]q\0K\1a.", 7), "a pickle without tensors or devices"},
      {"(cmy.module\nSample\np0\nI1\ntp1\n.",
       "a pickle without tensors or devices (of my.module.Sample)"},
      {"(imy\nOld\np0\n.", "a pickle without tensors or devices (of my.Old)"},
      {"(dplyr is a package)\n", "something unknown"},
      {"(c) 2024 the authors\nSee LICENSE\n", "something unknown"},
      {"cats\ndogs\nand birds\n", "something unknown"},
      {"]a", "something unknown"},
      {"((((", "something unknown"},
  };
  for (const Sample& sample : samples) {
    EXPECT_THAT(ErrorOf(sample.bytes), StartsWith("x.pt: found " + sample.what));
  }
}

TEST(Foreign, IsWrongUseAndDamagedIsAFinding) {
  const auto code_of = [](const std::string& file) {
    try {
      ReadDeviceMap(AsBytes(file), "x.pt");
    } catch (const CheckpointError& error) {
      return error.code();
    }
    return ExitCode::kAsExpected;
  };
  EXPECT_EQ(code_of("<html>"), ExitCode::kWrongUse);
  EXPECT_EQ(code_of(TorchZip("\x80\x02"
                             "R.")),
            ExitCode::kFinding);
  EXPECT_EQ(code_of(TorchZip(PickleText().Raw("N").Done())), ExitCode::kAsExpected);
}

TEST(Foreign, PathsThatCannotBeRead) {
  const auto error_of = [](const std::filesystem::path& path) -> std::string {
    try {
      ReadDeviceMap(path);
    } catch (const CheckpointError& error) {
      return error.what();
    }
    return "no error";
  };
  const Scratch scratch;
  const std::filesystem::path& folder = scratch.path();
  EXPECT_EQ(error_of(folder / "not-here.pt"),
            (folder / "not-here.pt").string() +
                ": found no readable file (No such file or directory), expected a checkpoint file\n"
                "  next: check the path and its permissions");
  EXPECT_THAT(error_of(folder), HasSubstr("found a directory, expected a checkpoint file"));
  EXPECT_THAT(error_of("/dev/null"), HasSubstr("found something that is not a regular file"));
}

TEST(Foreign, LooksLikeNamesIt) {
  const Scratch scratch;
  const std::filesystem::path path = scratch.Write("page.pt", "<html>");
  EXPECT_EQ(LooksLike(path), "an HTML page");
  std::ofstream(path) << "\x01\x02";
  EXPECT_EQ(LooksLike(path), "");
}

}  // namespace
}  // namespace portcullis::checkpoint
