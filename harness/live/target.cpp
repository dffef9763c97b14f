#include "harness/live/target.h"

#include <array>
#include <fstream>
#include <regex>
#include <sstream>

#include "harness/live/ask.h"

namespace portcullis::live {
namespace {

namespace fs = std::filesystem;

// Finds torch as `import torch` would, and imports nothing of it.
constexpr const char* kWhereIsTorch =
    "import importlib.util as u; s = u.find_spec('torch'); "
    "print(s.submodule_search_locations[0] if s and s.submodule_search_locations else '')";

std::string ReadStart(const fs::path& file, std::size_t most) {
  std::ifstream stream(file, std::ios::binary);
  std::string text(most, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(most));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  return text;
}

bool IsPython(const fs::path& program) {
  static const std::regex kNames(R"((python|pypy)[0-9.]*t?)");
  return std::regex_match(program.filename().string(), kNames);
}

// A LibTorch without Python says its version in a file of its own.
void ReadTorch(const fs::path& folder, Target& target) {
  std::error_code error;
  target.torch = folder;
  target.object = folder / "lib/libtorch_cuda.so";
  constexpr std::size_t kEnough = 4096;
  const std::string text = ReadStart(folder / "version.py", kEnough);
  target.version = VersionOfVersionPy(text);
  target.cuda = CudaOfVersionPy(text);
  if (fs::exists(target.object, error)) return;
  Target without_cuda;
  without_cuda.version = target.version;
  target = without_cuda;
}

Target AskPython(const fs::path& python, const host::Environment& environment) {
  Target target;
  const Told told = Ask({python.string(), "-c", kWhereIsTorch}, environment);
  const std::string folder = told.output.substr(0, told.output.find('\n'));
  if (told.well && !folder.empty()) ReadTorch(folder, target);
  target.python = python.string();
  return target;
}

// libcudart_static.a carries names that begin so (CUDA 11 to 13).
bool HasStaticRuntime(const fs::path& program) {
  constexpr std::string_view kMark = "libcudart_static_";
  constexpr std::size_t kPiece = 1 << 20;
  std::ifstream stream(program, std::ios::binary);
  std::string window;
  for (std::string piece(kPiece, '\0'); stream;) {
    stream.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    window.append(piece, 0, static_cast<std::size_t>(stream.gcount()));
    if (window.find(kMark) != std::string::npos) return true;
    window.erase(0, window.size() - std::min(window.size(), kMark.size()));
  }
  return false;
}

Target AskLdd(const fs::path& program, const host::Environment& environment) {
  static const std::regex kRuntime(R"(libcudart\.so\.(\d+))");
  Target target;
  int cuda = 0;
  for (const Linked& library : LinkedOf(program, environment)) {
    std::smatch match;
    if (std::regex_match(library.soname, match, kRuntime)) cuda = std::stoi(match[1]) * 1000;
    if (library.soname == "libtorch_cuda.so" && !library.file.empty()) {
      ReadTorch(library.file.parent_path().parent_path(), target);
    }
  }
  if (target.cuda == 0) target.cuda = cuda;
  target.object = program;
  target.static_cudart = target.cuda == 0 && HasStaticRuntime(program);
  return target;
}

Target AskAnyPython(const host::Environment& environment) {
  for (const char* name : {"python", "python3"}) {
    if (const auto python = FindProgram(name, environment)) {
      Target target = AskPython(*python, environment);
      if (!target.torch.empty()) return target;
    }
  }
  return {};
}

std::string Found(std::string_view text, const char* pattern) {
  std::match_results<std::string_view::const_iterator> match;
  return std::regex_search(text.begin(), text.end(), match, std::regex(pattern)) ? match[1].str()
                                                                                 : std::string();
}

}  // namespace

Target FindTarget(const std::vector<std::string>& argv, const host::Environment& environment) {
  const auto program = FindProgram(argv.front(), environment);
  if (!program) return {};
  if (IsPython(*program)) return AskPython(*program, environment);
  constexpr std::size_t kLongestLine = 256;  // BINPRM_BUF_SIZE of Linux
  const std::string start = ReadStart(*program, kLongestLine);
  if (start.starts_with("\x7f"
                        "ELF")) {
    Target target = AskLdd(*program, environment);
    return target.cuda != 0 || target.static_cudart ? target : AskAnyPython(environment);
  }
  const std::string interpreter = InterpreterOf(start.substr(0, start.find('\n')));
  if (const auto found = FindProgram(interpreter, environment); found && IsPython(*found)) {
    return AskPython(*found, environment);
  }
  return AskAnyPython(environment);
}

std::string InterpreterOf(std::string_view first_line) {
  if (!first_line.starts_with("#!")) return {};
  std::istringstream words{std::string(first_line.substr(2))};
  std::string word;
  words >> word;
  if (fs::path(word).filename() != "env") return word;
  while (words >> word && (word.starts_with("-") || word.find('=') != std::string::npos)) {
  }
  return words ? word : std::string();
}

int CudaOfVersionPy(std::string_view text) {
  const std::string version = Found(text, R"(\bcuda\b[^=\n]*=\s*['"](\d+\.\d+))");
  if (version.empty()) return 0;
  const std::size_t dot = version.find('.');
  return std::stoi(version.substr(0, dot)) * 1000 + std::stoi(version.substr(dot + 1)) * 10;
}

std::string VersionOfVersionPy(std::string_view text) {
  return Found(text, R"(__version__\s*=\s*['"]([^'"]+))");
}

std::string PlainVersion(const std::string& version) {
  return version.substr(0, version.find('+'));
}

std::vector<Linked> ReadLdd(std::string_view output) {
  static const std::regex kLine(R"(\s*(\S+) => (not found|.+?)(?: \(0x[0-9a-f]+\))?)");
  std::vector<Linked> linked;
  std::istringstream lines{std::string(output)};
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, kLine)) continue;
    linked.push_back({match[1], match[2] == "not found" ? fs::path() : fs::path(match[2].str())});
  }
  return linked;
}

std::vector<Linked> LinkedOf(const fs::path& object, const host::Environment& environment) {
  const auto ldd = FindProgram("ldd", environment);
  if (!ldd) return {};
  return ReadLdd(Ask({ldd->string(), fs::absolute(object).string()}, environment).output);
}

}  // namespace portcullis::live
