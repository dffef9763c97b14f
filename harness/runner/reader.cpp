#include "harness/runner/reader.h"

#include <boost/asio/buffer.hpp>

namespace portcullis::runner {

Reader::Reader(boost::asio::io_context& context, std::function<void(std::string_view)> take)
    : pipe_(context), take_(std::move(take)) {}

void Reader::Start(Descriptor pipe, std::shared_ptr<void> owner, std::function<void()> ended) {
  pipe_.assign(pipe.Release());
  ended_ = std::move(ended);
  at_end_ = false;
  ReadMore(std::move(owner));
}

void Reader::ReadMore(std::shared_ptr<void> owner) {
  pipe_.async_read_some(
      boost::asio::buffer(buffer_),
      [this, owner = std::move(owner)](const boost::system::error_code& error, std::size_t bytes) {
        if (at_end_) return;  // closed meanwhile
        take_({buffer_.data(), bytes});
        if (!error) return ReadMore(owner);
        Close();
        ended_();
      });
}

void Reader::Close() {
  boost::system::error_code ignored;
  pipe_.close(ignored);
  at_end_ = true;
}

}  // namespace portcullis::runner
