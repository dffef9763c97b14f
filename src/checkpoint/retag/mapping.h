// Owns: which device becomes which.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::checkpoint {

class DeviceMapping {
 public:
  // Every device becomes `device`, except "meta", which has no weights to place. Throws UsageError
  // for what torch.load() could not restore a storage to.
  static DeviceMapping To(const std::string& device);
  // Pairs "cuda:1=cuda:0"; like a dict as map_location, they match whole tags and leave others
  // alone. Left of the last "=" may stand any text. Throws UsageError for what is no pair, for two
  // that contradict each other, and for what To() refuses on the right.
  static DeviceMapping Pairs(std::span<const std::string> pairs);

  // What `device` becomes: itself, if it stays.
  std::string_view Of(std::string_view device) const;
  bool Changes(std::string_view device) const { return Of(device) != device; }
  // The pairs, as "cuda:1=cuda:0", whose left side is none of the devices.
  std::vector<std::string> Unmatched(const std::set<std::string>& devices) const;
  // "--to cpu" or "--map cuda:1=cuda:0", as a command line says it.
  std::string Text() const;

 private:
  std::string all_;
  std::map<std::string, std::string, std::less<>> pairs_;
};

}  // namespace portcullis::checkpoint
