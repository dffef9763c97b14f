// Owns: the handles that programs hold (streams, events): making them, and telling them from junk.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

namespace portcullis::simcuda {

// Objects that are known by their address. An address that is not of one of them is no handle;
// an object lives on while somebody uses it, even if another thread destroys the handle.
template <class Object>
class Handles {
 public:
  template <class... Arguments>
  Object* Make(Arguments&&... arguments) {
    auto object = std::make_shared<Object>(std::forward<Arguments>(arguments)...);
    const std::lock_guard lock(mutex_);
    return (objects_[object.get()] = object).get();
  }
  // Null if this is no handle.
  std::shared_ptr<Object> Find(const void* handle) const {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(handle);
    return found == objects_.end() ? nullptr : found->second;
  }
  // False if this is no handle.
  bool Destroy(const void* handle) {
    const std::lock_guard lock(mutex_);
    return objects_.erase(handle) > 0;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<const void*, std::shared_ptr<Object>> objects_;
};

}  // namespace portcullis::simcuda
