#include "harness/suite/damaged.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "src/base/error.h"
#include "src/checkpoint/read.h"

namespace portcullis::suite {
namespace {

namespace fs = std::filesystem;

std::string PythonOf(const std::vector<host::Runtime>& runtimes) {
  for (const host::Runtime& runtime : runtimes) {
    if (runtime.family == "python") return runtime.loader.front();
  }
  return {};
}

std::string ReadText(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

// Size and time.
std::string FileStamp(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return fmt::format("{} {} {}\n", file.string(), size,
                     fs::last_write_time(file, error).time_since_epoch().count());
}

}  // namespace

Damaged::Damaged(const Store& store, const checkpoints::DamageTable& table, fs::path script,
                 const std::vector<host::Runtime>& runtimes)
    : store_(store), table_(table), script_(std::move(script)), python_(PythonOf(runtimes)) {}

fs::path Damaged::File(const std::string& checkpoint, const std::string& damage) const {
  const fs::path whole = store_.File(checkpoint);
  return whole.parent_path() / "damaged" / fmt::format("{}.{}.pt", checkpoint, damage);
}

std::string Damaged::Missing(const std::string& checkpoint, const std::string& damage) const {
  if (std::string missing = store_.Missing(checkpoint); !missing.empty()) return missing;
  if (python_.empty()) return "no Python here to damage checkpoints with (ci/setup installs it)";
  std::error_code error;
  return fs::exists(File(checkpoint, damage), error)
             ? ""
             : fmt::format("the checkpoint {} was not damaged", checkpoint);
}

Subject Damaged::Whole(const std::string& checkpoint) const {
  Subject subject;
  subject.file = store_.File(checkpoint);
  subject.missing = store_.Missing(checkpoint);
  if (subject.missing.empty()) {
    subject.trust = store_.Trusts(checkpoint);
    subject.reference = store_.ReferenceOf(checkpoint);
    ReadMap(subject);
  }
  return subject;
}

Subject Damaged::SubjectOf(const std::string& checkpoint, const std::string& name) const {
  if (name.empty()) return Whole(checkpoint);
  Subject subject;
  subject.file = File(checkpoint, name);
  subject.missing = Missing(checkpoint, name);
  if (!subject.missing.empty()) return subject;
  subject.trust = store_.Trusts(checkpoint);
  subject.reference = store_.ReferenceOf(checkpoint);
  const checkpoints::Damage& damage = table_.Find(name);
  if (!damage.Fits(subject.reference.format)) {
    subject.broken = fmt::format("the damage {} fits {} checkpoints, and {} is {}", damage.name,
                                 damage.format, checkpoint, subject.reference.format);
    return subject;
  }
  try {
    subject.map = std::make_shared<checkpoint::DeviceMap>(checkpoint::ReadDeviceMap(subject.file));
  } catch (const Error& error) {
    subject.refusal = error.what();
  }
  return subject;
}

std::string Damaged::Stamp(const std::string& checkpoint, const checkpoints::Damage& damage) const {
  std::string stamp = FileStamp(store_.File(checkpoint)) + FileStamp(script_);
  for (const auto& [key, value] : damage.how) stamp += fmt::format("{}={}\n", key, value);
  return stamp;
}

void Damaged::Make(const std::set<std::pair<std::string, std::string>>& copies,
                   runner::Runner& runner) {
  for (const auto& [checkpoint, name] : copies) {
    const checkpoints::Damage& damage = table_.Find(name);
    const fs::path out = File(checkpoint, name);
    if (python_.empty() || !store_.Missing(checkpoint).empty()) continue;
    if (ReadText(out.string() + ".stamp") == Stamp(checkpoint, damage)) continue;
    std::error_code error;
    fs::create_directories(out.parent_path(), error);
    if (error) {
      throw CannotRun(fmt::format("cannot make the folder {}: {}", out.parent_path().string(),
                                  error.message()));
    }
    MakeOne(checkpoint, damage, runner);
  }
  runner.Run();
}

void Damaged::MakeOne(const std::string& checkpoint, const checkpoints::Damage& damage,
                      runner::Runner& runner) const {
  const fs::path out = File(checkpoint, damage.name);
  runner::Command command;
  command.argv = {python_, "-I", script_.string(), store_.File(checkpoint).string(), out.string()};
  for (const auto& [key, value] : damage.how) {
    command.argv.push_back(fmt::format("{}={}", key, value));
  }
  runner.Submit(std::move(command),
                [out, what = fmt::format("{} {}", checkpoint, damage.name),
                 stamp = Stamp(checkpoint, damage)](const runner::Ended& ended) {
                  if (ended.stopped) return;
                  if (ended.exit_code != 0) {
                    throw CannotRun(fmt::format("the damaged checkpoint {} could not be made: {}{}",
                                                what, ended.start_error, ended.errors));
                  }
                  std::ofstream(out.string() + ".stamp", std::ios::binary) << stamp;
                });
}

}  // namespace portcullis::suite
