// Owns: the warm loader in C++ (protocol.h): forking for each case, and becoming its child.
#pragma once

namespace portcullis::loader {

// Serves until the harness closes the socket. Each child takes on its case's surroundings and ends
// with what `perform` returns, without destructors of static objects. Returns the exit code. Throws
// BadRequest if there is no socket, if the harness says what cannot be understood, or if this
// process has more than one thread, which a fork would leave behind.
int Serve(int (*perform)());

}  // namespace portcullis::loader
