#include "harness/suite/leftover.h"

#include "harness/loader/protocol.h"
#include "src/checkpoint/read.h"

namespace portcullis::suite {
namespace {

namespace fs = std::filesystem;

std::string Refusal(const fs::path& file) {
  try {
    static_cast<void>(checkpoint::ReadDeviceMap(file));
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

void ReadLeftover(const Load& load, const std::shared_ptr<ScratchFolder>& folder,
                  verdict::Observation observation, runner::Runner& runner,
                  const std::function<void(verdict::Observation)>& done) {
  const fs::path file = folder->path() / protocol::kSavedFile;
  std::error_code error;
  verdict::Leftover left;
  if (fs::is_regular_file(file, error)) left.bytes = fs::file_size(file, error);
  observation.left = left;
  if (left.bytes == 0) return done(std::move(observation));
  observation.left->refusal = folder->Unnamed(Refusal(file));
  Load again = load;
  again.file = file;
  again.strategy = {portability::StrategyKind::kMapLocation, "cpu"};
  SubmitLoad(again, runner,
             [folder, done, first = std::move(observation)](const verdict::Observation& seen) {
               verdict::Observation whole = first;
               whole.left->load = folder->Unnamed(seen.Text());
               whole.left->loads = seen.outcome == verdict::Outcome::kLoaded;
               done(std::move(whole));
             });
}

}  // namespace portcullis::suite
