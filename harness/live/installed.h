// Owns: the runtimes of an installed Portcullis, for which no build wrote a list: the PyTorch of
// the Python that it is used with, and the stand-in libraries that travelled along.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/host/child_host.h"
#include "harness/suite/installation.h"

namespace portcullis::live {

// The Python is the one that $PORTCULLIS_PYTHON names; else the one beside the program, in the
// virtual environment that it was installed in; else that of $VIRTUAL_ENV; else python3 on PATH. It
// is asked where its torch is, without importing it. A PyTorch that no stand-ins travelled along
// for gets some made, once (standins.h); `say` gets a line then. Without a PyTorch only the
// stand-ins are there, under ids such as "standins-2.11.0": enough for `portcullis exec`, not to
// load with.
std::vector<host::Runtime> RuntimesOfInstallation(
    const suite::Installation& installation, const std::function<void(const std::string&)>& say);

// Why that Python has none to load with, and what to do, in a sentence.
std::string WhyNoPyTorch();

}  // namespace portcullis::live
