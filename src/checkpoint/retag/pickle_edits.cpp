#include "src/checkpoint/retag/pickle_edits.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <unordered_set>
#include <utility>

#include "src/checkpoint/latin1.h"
#include "src/checkpoint/limits.h"
#include "src/checkpoint/pickle.h"
#include "src/checkpoint/retag/nested_bytes.h"
#include "src/checkpoint/retag/pickle_write.h"
#include "src/checkpoint/torch_calls.h"

namespace portcullis::checkpoint {
namespace {

constexpr std::uint32_t kLocation = 3;  // in ("storage", class, key, location, elements)

class Editor {
 public:
  Editor(const Source& source, const Values& values, const StringSites& sites,
         const DeviceMapping& mapping)
      : source_(source),
        values_(values),
        calls_(values),
        sites_(sites),
        mapping_(mapping),
        is_tag_(sites.sites().size()) {}

  std::vector<Edit> Edits(const NestedEdits& nested) {
    MarkStorages();
    MarkRebuildArguments();
    Replace();
    EditNested(nested);
    MendFrames();
    return std::move(edits_);
  }

 private:
  void MarkStorages();
  void MarkRebuildArguments();
  void Replace();
  void EditNested(const NestedEdits& nested);
  void MendFrames();

  void Mark(Ref tuple, std::uint32_t index) {
    const std::uint32_t site = sites_.OfItem(tuple, index);
    if (site != kNoSite) is_tag_[site] = true;
  }
  void RequirePlain(const StringSite& site) const;
  void Put(const StringSite& site, std::string_view text);

  const Source& source_;
  const Values& values_;
  const TorchCalls calls_;
  const StringSites& sites_;
  const DeviceMapping& mapping_;
  std::vector<bool> is_tag_;
  std::vector<Edit> edits_;
};

// As Storages::ReadPersistent reads them.
void Editor::MarkStorages() {
  for (std::uint32_t i = 0; i < values_.persistents(); ++i) {
    const Ref id = values_.PersistentId(values_.persistent(i));
    if (values_.KindOf(id) != Kind::kTuple || values_.Count(id) < 5) continue;
    const Ref kind = values_.Item(id, 0);
    if (values_.IsString(kind) && values_.TextOf(kind).text == "storage") Mark(id, kLocation);
  }
}

void Editor::MarkRebuildArguments() {
  for (std::uint32_t i = 0; i < values_.objects(); ++i) {
    const Ref ref = values_.object(i);
    const Call call = calls_.Of(ref);
    if (call != Call::kFromNumpy && call != Call::kWrapperSubclass) continue;
    const Object& object = values_.ObjectOf(ref);
    const bool typed = values_.KindOf(object.callee) == Kind::kGlobal &&
                       CallOf(values_.GlobalOf(object.callee)) == Call::kFromType;
    const Ref arguments = typed ? values_.Item(object.arguments, 2) : object.arguments;
    Mark(arguments, call == Call::kFromNumpy ? 2 : 6);
  }
}

// What is written again must be whole, and mean the same in every opcode.
void Editor::RequirePlain(const StringSite& site) const {
  const Text& text = values_.TextOf(site.text);
  const bool plain =
      text.size == text.text.size() && std::all_of(text.text.begin(), text.text.end(), [](char c) {
        return c >= ' ' && c <= '~' && c != '\'' && c != '"' && c != '\\';
      });
  if (plain) return;
  source_.Unsupported(site.at, "a tag of unusual characters", "a device, as cuda:0",
                      "look at the file by hand: no program writes such tags");
}

void Editor::Put(const StringSite& site, std::string_view text) {
  RequirePlain(site);
  const StringSite* root = &site;
  while (root->from != kNoSite) root = &sites_.sites()[root->from];
  edits_.push_back(
      {site.at, site.end - site.at, TextSource(StringOpcode(OpcodeAt(source_, root->at), text))});
}

void Editor::Replace() {
  std::vector<std::string_view> after;  // what each site pushes once all is done
  after.reserve(is_tag_.size());
  for (std::size_t i = 0; i < is_tag_.size(); ++i) {
    const StringSite& site = sites_.sites()[i];
    const std::string_view before = values_.TextOf(site.text).text;
    after.push_back(is_tag_[i] ? mapping_.Of(before) : before);
    const std::string_view pushed = site.from == kNoSite ? before : after[site.from];
    if (after[i] != pushed) Put(site, after[i]);
  }
}

void Editor::EditNested(const NestedEdits& nested) {
  std::unordered_set<Ref> done;  // bytes that several calls share
  for (std::uint32_t i = 0; i < values_.objects(); ++i) {
    const Ref ref = values_.object(i);
    if (calls_.Of(ref) != Call::kLoadFromBytes) continue;
    Ref bytes = calls_.Argument(ref, 0);
    const bool encoded = bytes != kNoRef && calls_.Of(bytes) == Call::kEncode;
    if (encoded) bytes = calls_.Argument(bytes, 0);
    if (bytes == kNoRef || !done.insert(bytes).second) continue;
    const Kind kind = values_.KindOf(bytes);
    if (kind != Kind::kString && (encoded || kind != Kind::kBytes)) continue;
    const Text& text = values_.TextOf(bytes);
    for (Edit& edit :
         encoded ? EncodedEdits(source_, text, nested) : BytesEdits(source_, text, nested)) {
      edits_.push_back(std::move(edit));
    }
  }
}

void Editor::MendFrames() {
  if (sites_.frames().empty()) return;
  std::map<std::uint64_t, std::uint64_t> grown;  // by all edits before an offset; modulo 2^64
  std::sort(edits_.begin(), edits_.end(), [](const Edit& a, const Edit& b) { return a.at < b.at; });
  std::uint64_t all = 0;
  for (const Edit& edit : edits_) {
    all += edit.Inserted() - edit.removed;
    grown[edit.at + 1] = all;
  }
  const auto grown_before = [&grown](std::uint64_t offset) {
    const auto next = grown.upper_bound(offset);
    return next == grown.begin() ? 0 : std::prev(next)->second;
  };
  for (const PickleFrame& frame : sites_.frames()) {
    const std::uint64_t more = grown_before(frame.start + frame.size) - grown_before(frame.start);
    if (more == 0) continue;
    edits_.push_back({frame.start - 8, 8, TextSource(LittleEndian(frame.size + more, 8))});
  }
}

}  // namespace

std::vector<Edit> PickleEdits(Cursor& in, const DeviceMapping& mapping, const NestedEdits& nested) {
  const std::uint64_t start = in.Offset();
  // A pickle that the reader reads is read here too: what follows the strings comes on top.
  Budget budget(2 * (kBaseBudget + kBudgetPerByte * in.source().Size()));
  Values values(budget);
  StringSites sites(budget, [&mapping](std::string_view text) { return mapping.Changes(text); });
  ReadPickle(in, budget, values, &sites);
  try {
    return Editor(in.source(), values, sites, mapping).Edits(nested);
  } catch (const BudgetSpent& spent) {
    in.source().Unsupported(
        start, fmt::format("a pickle that needs more than {} MiB", spent.limit() >> 20),
        "strings in proportion to the file", "look at the file by hand");
  }
}

}  // namespace portcullis::checkpoint
