// Owns: the packets between this process and a warm loader (protocol.h), over a SOCK_SEQPACKET
// socket, which keeps their bounds and carries descriptors (unix(7)).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "harness/runner/descriptor.h"

namespace portcullis::runner {

struct SocketPair {
  Descriptor here, there;
};
SocketPair OpenSocketPair();  // throws std::system_error

// Sends without waiting. Throws std::system_error, also if nobody holds the other end.
void SendPacket(int socket, std::string_view text, std::span<const int> descriptors);

struct Packet {
  enum class Kind { kNone, kText, kEnd };  // nothing yet; `text`; there will be none any more
  Kind kind = Kind::kNone;
  std::string text;
};
// Does not wait.
Packet ReceivePacket(int socket);

// True if the other end is closed, whatever still waits to be read.
bool HungUp(int socket);

// A packet's text as far as it is fit for a message.
std::string Shortened(std::string_view text);

}  // namespace portcullis::runner
