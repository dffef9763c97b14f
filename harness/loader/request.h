// Owns: what a request must look like (protocol.h), and saying what is wrong with one.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace portcullis::loader {

// The request cannot be understood, or this child was started wrongly. Says nothing about the
// checkpoint; ends in exit code 2.
struct BadRequest : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The input that a module is called with: zeros.
struct Example {
  std::string dtype;  // "int64"
  std::vector<std::int64_t> shape;
};

struct Request {
  std::string case_id;
  std::string checkpoint;  // path
  std::string format;      // zip, legacy, torchscript, archive, pickle-save
  std::string strategy;    // a row's name of src/portability/strategy.h
  std::string argument;
  std::string use = {};  // what is to be done with what was loaded; "" for nothing
  bool trust = false;    // has no meaning in C++: nothing of a pickle is executed
  std::optional<Example> example;
};

// Reads one request line. Throws BadRequest.
Request ReadRequest(std::istream& input);

}  // namespace portcullis::loader
