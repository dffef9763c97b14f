# One way to declare a room (a library of ours) and one way to declare its tests.
# System includes: warnings are for our code only.

# portcullis_room(NAME SOURCES a.cpp … USES target …) → library portcullis_NAME
function(portcullis_room name)
  cmake_parse_arguments(room "" "" "SOURCES;USES;PRIVATE_USES" ${ARGN})
  add_library(portcullis_${name} STATIC ${room_SOURCES})
  target_include_directories(portcullis_${name} PUBLIC "${PROJECT_SOURCE_DIR}")
  target_link_libraries(portcullis_${name}
    PUBLIC portcullis_sanitizers ${room_USES}
    PRIVATE portcullis_warnings ${room_PRIVATE_USES})
endfunction()

# portcullis_test(NAME SOURCES a_test.cpp … USES target …) → program NAME, one ctest per TEST()
function(portcullis_test name)
  cmake_parse_arguments(test "" "" "SOURCES;USES;ENVIRONMENT;LABELS" ${ARGN})
  add_executable(${name} ${test_SOURCES})
  target_link_libraries(${name} PRIVATE
    portcullis_warnings portcullis_sanitizers ${test_USES} GTest::gmock GTest::gtest_main)
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  include(GoogleTest)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST
    PROPERTIES ENVIRONMENT "${test_ENVIRONMENT}" LABELS "${test_LABELS}" TIMEOUT 1200)
endfunction()
