// Owns: the error texts that users meet, as one table. Scenarios and rules name errors by class;
// a class is told by stable substrings, because the rest of a text differs with version and host.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace portcullis::portability {

struct ErrorClass {
  std::string_view id;      // "deserialize-no-cuda"
  std::string_view first;   // substring that must occur
  std::string_view then;    // substring that must occur after it, "" for none
  std::string_view means;   // one line for people
  std::string_view source;  // where PyTorch says it (file, version)
};

std::span<const ErrorClass> ErrorCatalog();

// The class of that id, or nullptr.
const ErrorClass* FindErrorClass(std::string_view id);

// True if both substrings of the class occur in `text`, in order.
bool Matches(const ErrorClass& error, std::string_view text);

// The first class whose substrings occur in `text`, or nullptr: an error nobody has named yet.
const ErrorClass* ClassifyError(std::string_view text);

}  // namespace portcullis::portability
