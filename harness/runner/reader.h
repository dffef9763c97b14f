// Owns: reading one pipe of a child until its end.
#pragma once

#include <array>
#include <boost/asio/readable_pipe.hpp>
#include <functional>
#include <memory>
#include <string_view>

#include "harness/runner/descriptor.h"

namespace portcullis::runner {

class Reader {
 public:
  Reader(boost::asio::io_context& context, std::function<void(std::string_view)> take);
  // Reads until nobody holds the other end any more, then calls `ended`. `owner` keeps this alive.
  void Start(Descriptor pipe, std::shared_ptr<void> owner, std::function<void()> ended);
  bool at_end() const { return at_end_; }
  // Stops listening, whoever still holds the other end.
  void Close();

 private:
  void ReadMore(std::shared_ptr<void> owner);

  boost::asio::readable_pipe pipe_;
  std::function<void(std::string_view)> take_;
  std::function<void()> ended_;
  std::array<char, 65536> buffer_;
  bool at_end_ = true;
};

}  // namespace portcullis::runner
