// The cost of reading a device map: not of the weights (a checkpoint of 4 GiB, nearly all of it a
// hole in the file), and in proportion to the tensors.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "src/checkpoint/read.h"
#include "tests/unit/checkpoint/build.h"

namespace portcullis::checkpoint {
namespace {

// A file that is gone with the program.
class Scratch {
 public:
  explicit Scratch(const std::string& name)
      : path_(std::filesystem::temp_directory_path() / fmt::format("{}-{}.pt", name, getpid())) {}
  ~Scratch() { std::filesystem::remove(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A state_dict of `tensors` tensors of 16 floats, as torch.save writes it for a GPU: one string for
// each tag, and everything that is used again in the memo.
std::string StateDict(unsigned tensors) {
  PickleText pickle;
  std::uint32_t memo = 0;
  const auto put = [&memo] { return "r" + Little(memo++, 4); };
  pickle.Global("collections", "OrderedDict").Raw(put()).Raw(")R").Raw(put()).Raw("(");
  for (unsigned i = 0; i < tensors; ++i) {
    pickle.Text(fmt::format("model.layers.{}.attention.weight", i)).Raw(put());
    if (i == 0) {
      pickle.Global("torch._utils", "_rebuild_tensor_v2").Raw("r" + Little(1'000'000, 4));
      pickle.Raw("((").Text("storage").Raw("r" + Little(1'000'001, 4));
      pickle.Global("torch", "FloatStorage").Raw("r" + Little(1'000'002, 4));
    } else {
      pickle.Raw("j" + Little(1'000'000, 4)).Raw("((");
      pickle.Raw("j" + Little(1'000'001, 4)).Raw("j" + Little(1'000'002, 4));
    }
    pickle.Text(fmt::to_string(i)).Raw(put()).Text("cuda:0").Raw(put()).Raw("K\x10t").Raw(put());
    pickle.Raw(std::string_view("QK\0K\x04K\x04\x86", 8)).Raw(put());
    pickle.Raw("K\x04K\x01\x86").Raw(put()).Raw("\x89h");
    pickle.Raw(std::string_view("\0)R", 3)).Raw(put()).Raw("t").Raw(put()).Raw("R").Raw(put());
  }
  return pickle.Raw("u").Done();
}

void WriteStateDict(const std::filesystem::path& path, unsigned tensors) {
  std::vector<ZipPart> storages;
  storages.reserve(tensors);
  for (unsigned i = 0; i < tensors; ++i) {
    storages.push_back({fmt::format("m/data/{}", i), std::string(64, '\0')});
  }
  ZipShape shape;
  shape.zip64 = true;
  shape.descriptors = true;
  std::ofstream(path, std::ios::binary) << TorchZip(StateDict(tensors), storages, shape);
}

std::string LocalHeader(const std::string& name) {
  return std::string("PK\x03\x04") + Little(20, 2) + Little(8, 2) +
         Little(0, 2 + 4 + 4 + 4 + 4 - 2) + Little(0, 2) + Little(name.size(), 2) + Little(0, 2) +
         name;
}

std::string DirectoryEntry(const std::string& name, std::uint64_t size, std::uint64_t offset) {
  const std::string extra =
      Little(1, 2) + Little(24, 2) + Little(size, 8) + Little(size, 8) + Little(offset, 8);
  return std::string("PK\x01\x02") + Little(20, 2) + Little(20, 2) + Little(8, 2) + Little(0, 2) +
         Little(0, 8) + Little(0xffffffff, 4) + Little(0xffffffff, 4) + Little(name.size(), 2) +
         Little(extra.size(), 2) + Little(0, 6) + Little(0, 4) + Little(0xffffffff, 4) + name +
         extra;
}

// One tensor of `bytes` zeros, which the file system does not store.
void WriteSparse(const std::filesystem::path& path, std::uint64_t bytes) {
  const std::string pickle =
      PickleText().Tensor("0", "cuda:0", static_cast<std::uint32_t>(bytes / sizeof(float))).Done();
  const std::string head = LocalHeader("m/data.pkl") + pickle;
  const std::string before = head + LocalHeader("m/data/0");
  const std::uint64_t at = before.size() + bytes;
  const std::string directory = DirectoryEntry("m/data.pkl", pickle.size(), 0) +
                                DirectoryEntry("m/data/0", bytes, head.size());
  std::string end =
      std::string("PK\x06\x06") + Little(44, 8) + Little(45, 2) + Little(45, 2) + Little(0, 8);
  end += Little(2, 8) + Little(2, 8) + Little(directory.size(), 8) + Little(at, 8);
  end += std::string("PK\x06\x07") + Little(0, 4) + Little(at + directory.size(), 8) + Little(1, 4);
  end += std::string("PK\x05\x06") + Little(0, 4) + Little(0xffff, 2) + Little(0xffff, 2) +
         Little(0xffffffff, 4) + Little(0xffffffff, 4) + Little(0, 2);
  std::ofstream out(path, std::ios::binary);
  out << before;
  out.seekp(static_cast<std::streamoff>(at));
  out << directory << end;
}

void ReadRepeatedly(benchmark::State& state, const std::filesystem::path& path) {
  std::size_t tensors = 0;
  for (auto iteration : state) {
    static_cast<void>(iteration);
    tensors = ReadDeviceMap(path).tensors.size();
  }
  struct rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["tensors"] = static_cast<double>(tensors);
  state.counters["peak_MiB"] = static_cast<double>(usage.ru_maxrss) / 1024;
}

void ReadWeights(benchmark::State& state) {
  const Scratch file("sparse");
  WriteSparse(file.path(), static_cast<std::uint64_t>(state.range(0)) << 20);
  ReadRepeatedly(state, file.path());
}
BENCHMARK(ReadWeights)->ArgName("MiB")->Arg(1)->Arg(64)->Arg(4096)->Unit(benchmark::kMillisecond);

void ReadTensors(benchmark::State& state) {
  const Scratch file("tensors");
  WriteStateDict(file.path(), static_cast<unsigned>(state.range(0)));
  ReadRepeatedly(state, file.path());
  state.SetComplexityN(state.range(0));
}
BENCHMARK(ReadTensors)
    ->ArgName("tensors")
    ->RangeMultiplier(10)
    ->Range(10, 100'000)
    ->Unit(benchmark::kMillisecond)
    ->Complexity(benchmark::oN);

}  // namespace
}  // namespace portcullis::checkpoint

BENCHMARK_MAIN();
