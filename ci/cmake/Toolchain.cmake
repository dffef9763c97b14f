# How everything of ours is compiled: C++20, warnings as errors, sanitizers on request.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

find_program(PORTCULLIS_CCACHE ccache)
if(PORTCULLIS_CCACHE)
  # Paths below the source folder count by where they are from there: another clone, and the build
  # of a wheel, find what was compiled here.
  set(portcullis_launcher "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}"
    CCACHE_NOHASHDIR=true "${PORTCULLIS_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER ${portcullis_launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${portcullis_launcher})
endif()

add_library(portcullis_warnings INTERFACE)
target_compile_options(portcullis_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Werror)

add_library(portcullis_sanitizers INTERFACE)
if(PORTCULLIS_SANITIZE)
  target_compile_options(portcullis_sanitizers INTERFACE
    -fsanitize=${PORTCULLIS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    # GCC sees uninitialized values that are none in what sanitizers add (its manual says so).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(portcullis_sanitizers INTERFACE -fsanitize=${PORTCULLIS_SANITIZE})
endif()
