// Owns: the sizes of a tensor. Most have at most four, which stand in place: of 10,000 tensors none
// asks for memory of its own.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>

namespace portcullis::checkpoint {

using Shape = boost::container::small_vector<std::int64_t, 4>;

}  // namespace portcullis::checkpoint
