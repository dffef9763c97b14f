// Owns: programs that show an error, and the same without it, written from a guide.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/repro/guide.h"

namespace portcullis::repro {

enum class Form { kPython, kCpp, kShell };

// "py", "cpp" or "sh". Throws UsageError.
Form ParseForm(const std::string& name);

// The files of a reproduction: `fails` and `works`, and what builds or runs them. The shell form is
// the other one that the guide has, run on simulated hosts by portcullis exec. Throws UsageError
// where the guide has no such form, naming those that it has.
std::vector<EmittedFile> Emit(const Guide& guide, Form form);

// The forms that a guide has, as ParseForm reads them.
std::vector<std::string> FormsOf(const Guide& guide);

}  // namespace portcullis::repro
