# The well-kept libraries Portcullis stands on; README.md says what each is for.
# Static where it can be: a program that answers in 2 ms has no time for the dynamic linker.
option(PORTCULLIS_STATIC_LIBS "Link Boost, OpenSSL, yaml-cpp, zlib, fmt and the C++ library statically" ON)
if(PORTCULLIS_STATIC_LIBS)
  set(Boost_USE_STATIC_LIBS ON)
  set(OPENSSL_USE_STATIC_LIBS ON)
  set(ZLIB_USE_STATIC_LIBS ON)
endif()

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS filesystem)
find_package(CLI11 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
if(PORTCULLIS_TESTS)
  find_package(GTest REQUIRED)
endif()
if(PORTCULLIS_BENCH)
  find_package(benchmark QUIET)
endif()

# yaml-cpp before 0.8 has no namespace, and its package names only the shared library.
find_library(PORTCULLIS_YAML_STATIC libyaml-cpp.a)
if(PORTCULLIS_STATIC_LIBS AND PORTCULLIS_YAML_STATIC AND NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp STATIC IMPORTED GLOBAL)
  set_target_properties(yaml-cpp::yaml-cpp PROPERTIES IMPORTED_LOCATION "${PORTCULLIS_YAML_STATIC}")
elseif(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()

# Debian has fmt only as a shared library, which brings the shared C++ library with it; its headers
# are its sources too, of which src/cli/fmt.cpp makes a part of the program. Sanitizers want the
# shared C++ library.
set(PORTCULLIS_FMT_INSIDE OFF)
if(PORTCULLIS_STATIC_LIBS AND fmt_VERSION MATCHES "^9[.]" AND NOT PORTCULLIS_SANITIZE)
  set(PORTCULLIS_FMT_INSIDE ON)
endif()

# md4c (Markdown to HTML) has a CMake package in Debian for its parser only.
find_library(PORTCULLIS_MD4C_HTML md4c-html REQUIRED)
find_library(PORTCULLIS_MD4C md4c REQUIRED)
find_path(PORTCULLIS_MD4C_INCLUDE md4c-html.h REQUIRED)
add_library(md4c::md4c-html INTERFACE IMPORTED GLOBAL)
target_link_libraries(md4c::md4c-html INTERFACE "${PORTCULLIS_MD4C_HTML}" "${PORTCULLIS_MD4C}")
target_include_directories(md4c::md4c-html SYSTEM INTERFACE "${PORTCULLIS_MD4C_INCLUDE}")
