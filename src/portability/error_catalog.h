// Owns: the error texts that users meet, as one table. Scenarios and rules name errors by class;
// a class is told by stable substrings, because the rest of a text differs with version and host.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

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

// Other words for the same error: of other versions, of Python or C++.
struct Wording {
  std::string_view id;        // of the class
  std::string_view first;     // as in ErrorClass
  std::string_view then;      // as in ErrorClass
  std::string_view versions;  // whose words these are: "PyTorch 0.1 to 0.3"
  std::string_view source;    // file and version, or the thread where somebody met them
};

std::span<const Wording> OtherWordings();

// True if both substrings of the class, or of one of its other wordings, occur in `text`, in order.
bool Matches(const ErrorClass& error, std::string_view text);

// The first class whose substrings occur in `text`, or nullptr: an error nobody has named yet.
const ErrorClass* ClassifyError(std::string_view text);

// One error text within a longer text, such as a traceback or a log.
struct FoundError {
  const ErrorClass* error;
  const Wording* wording;  // nullptr: the words of the class itself
  std::size_t at;          // byte of `text` where the words begin, of the last time they occur
};

// Every class whose words occur in `text`, the last one first: the error that ended the program
// stands at the end. Of two at the same place the one that stands first in the catalog is first.
std::vector<FoundError> FindErrors(std::string_view text);

}  // namespace portcullis::portability
