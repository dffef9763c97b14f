// Owns: finding functions of libraries that may not be there, at run time.
#pragma once

#include <dlfcn.h>

#include <string>

namespace portcullis::hardware {

// A shared library opened by name or path, never closed: its driver threads outlive a main().
class Library {
 public:
  explicit Library(const char* name) : handle_(dlopen(name, RTLD_NOW | RTLD_GLOBAL)) {
    if (handle_ == nullptr) {
      const char* reason = dlerror();
      missing_ = reason == nullptr ? name : reason;
    }
  }
  bool there() const { return handle_ != nullptr; }
  // Why it is not there, in the loader's words.
  const std::string& missing() const { return missing_; }

  // The function of that name with the type of `prototype`, or nullptr.
  template <class Function>
  Function* Find(const char* name) const {
    return handle_ == nullptr ? nullptr : reinterpret_cast<Function*>(dlsym(handle_, name));
  }

 private:
  void* handle_;
  std::string missing_;
};

}  // namespace portcullis::hardware
