#include "harness/hardware/subjects.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/checkpoints/reference.h"

namespace portcullis::hardware {

std::function<suite::Subject(const scenario::Case&)> SubjectsOf(const Recording& recording,
                                                                const checkpoints::Catalog& catalog,
                                                                std::filesystem::path made) {
  return [&recording, &catalog, made = std::move(made)](const scenario::Case& c) {
    const auto& saved = recording.checkpoints;
    suite::Subject subject;
    subject.file = std::find(saved.begin(), saved.end(), c.checkpoint) != saved.end()
                       ? recording.Checkpoint(c.checkpoint)
                       : made / (c.checkpoint + ".pt");
    const std::string manifest = subject.file.string() + ".manifest.json";
    std::error_code error;
    if (!std::filesystem::exists(manifest, error)) {
      subject.missing = fmt::format("the checkpoint {} was not made", c.checkpoint);
      return subject;
    }
    subject.reference = checkpoints::ReadManifest(manifest);
    subject.trust = catalog.Find(c.checkpoint).trust;
    suite::ReadMap(subject);
    return subject;
  };
}

}  // namespace portcullis::hardware
