#include "harness/runner/packet.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

namespace portcullis::runner {
namespace {

constexpr std::size_t kLongest = 1024;  // what a warm loader says is a word and a number

}  // namespace

SocketPair OpenSocketPair() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::system_error(errno, std::generic_category(), "socketpair");
  }
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

void SendPacket(int socket, std::string_view text, std::span<const int> descriptors) {
  std::string bytes(text);
  iovec part{bytes.data(), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(8 * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  if (sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot send");
  }
}

Packet ReceivePacket(int socket) {
  std::array<char, kLongest> bytes{};
  const ssize_t size = recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (size > 0) return {Packet::Kind::kText, {bytes.data(), static_cast<std::size_t>(size)}};
  const bool nothing_yet = size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  return {nothing_yet ? Packet::Kind::kNone : Packet::Kind::kEnd, {}};
}

bool HungUp(int socket) {
  pollfd waiting{socket, POLLIN, 0};
  return poll(&waiting, 1, 0) > 0 && (waiting.revents & (POLLHUP | POLLERR)) != 0;
}

std::string Shortened(std::string_view text) {
  constexpr std::size_t kMost = 80;
  std::string shown;
  for (const char c : text.substr(0, kMost)) {
    shown += std::isprint(static_cast<unsigned char>(c)) != 0 ? c : '?';
  }
  return text.size() > kMost ? shown + "…" : shown;
}

}  // namespace portcullis::runner
