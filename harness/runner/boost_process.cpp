// Owns: the compiled part of Boost.Process v2 (Debian's Boost 1.81 ships it as source only).
#include <boost/process/v2/src.hpp>
