// Owns: descriptors that the harness names in the environment.
#pragma once

#include <string>
#include <string_view>

namespace portcullis::loader {

// The open descriptor whose number `variable` holds. Throws BadRequest if there is none.
int DescriptorNamedBy(std::string_view variable);

}  // namespace portcullis::loader
