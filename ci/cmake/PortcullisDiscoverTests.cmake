# Makes each case of Portcullis a test of CTest:
#
#   include(PortcullisDiscoverTests)
#   portcullis_discover_tests([PROGRAM path] [SCENARIOS file…] [PREFIX text] [ARGUMENTS word…]
#                             [TIMEOUT seconds] [LABELS label…])
#
# PROGRAM is portcullis (default: found on PATH). SCENARIOS are scenario files or folders (default:
# all that the program has). Which cases there are is asked when ctest starts, so a changed scenario
# needs no new configuration. A test is named PREFIX + the case's id, and passes if the case is as
# expected. ARGUMENTS go to `portcullis run`.
#
# A case on this machine's own GPUs (host "here") gets RESOURCE_GROUPS "1,gpus:1": with
#   ctest --resource-spec-file spec.json -j N
# no more of them run at once than the file has slots of "gpus". Simulated hosts need none.
include_guard(GLOBAL)

set(_PORTCULLIS_ADD_TESTS "${CMAKE_CURRENT_LIST_DIR}/PortcullisAddTests.cmake")

function(portcullis_discover_tests)
  cmake_parse_arguments(PARSE_ARGV 0 it "" "PROGRAM;PREFIX;TIMEOUT" "SCENARIOS;ARGUMENTS;LABELS")
  if(it_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "portcullis_discover_tests: unknown argument ${it_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT it_PROGRAM)
    find_program(PORTCULLIS_PROGRAM portcullis REQUIRED)
    set(it_PROGRAM "${PORTCULLIS_PROGRAM}")
  endif()
  set(scenarios "")
  foreach(scenario IN LISTS it_SCENARIOS)
    get_filename_component(scenario "${scenario}" ABSOLUTE)
    list(APPEND scenarios "${scenario}")
  endforeach()
  # One file for each call, which ctest reads when it starts.
  get_property(number DIRECTORY PROPERTY _portcullis_calls)
  math(EXPR number "0${number} + 1")
  set_property(DIRECTORY PROPERTY _portcullis_calls ${number})
  set(file "${CMAKE_CURRENT_BINARY_DIR}/portcullis-tests-${number}.cmake")
  file(GENERATE OUTPUT "${file}" CONTENT "set(program [==[${it_PROGRAM}]==])
set(scenarios [==[${scenarios}]==])
set(arguments [==[${it_ARGUMENTS}]==])
set(prefix [==[${it_PREFIX}]==])
set(timeout [==[${it_TIMEOUT}]==])
set(labels [==[${it_LABELS}]==])
include([==[${_PORTCULLIS_ADD_TESTS}]==])
")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${file}")
endfunction()
