# portcullis_add_gate(NAME name CHECKPOINTS file… [HOSTS host…] [RUNTIMES runtime…]
#                     [STRATEGIES strategy…] [CONFIRM])
#
# Adds the CTest test NAME: fails unless every checkpoint loads on every host (default: no-driver, a
# host without a GPU), by the rules; with CONFIRM also by real loads. Relative paths are relative to
# the current source folder; folders are searched. A checkpoint that is only there after a build is
# looked for when the test runs.
function(portcullis_add_gate)
  cmake_parse_arguments(gate "CONFIRM" "NAME" "CHECKPOINTS;HOSTS;RUNTIMES;STRATEGIES" ${ARGN})
  if(gate_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "portcullis_add_gate: found '${gate_UNPARSED_ARGUMENTS}', expected NAME, "
      "CHECKPOINTS, HOSTS, RUNTIMES, STRATEGIES or CONFIRM")
  endif()
  if(NOT gate_NAME OR NOT gate_CHECKPOINTS)
    message(FATAL_ERROR "portcullis_add_gate: needs NAME and CHECKPOINTS")
  endif()
  set(arguments "")
  foreach(checkpoint IN LISTS gate_CHECKPOINTS)
    cmake_path(ABSOLUTE_PATH checkpoint NORMALIZE)
    list(APPEND arguments "${checkpoint}")
  endforeach()
  foreach(option HOSTS RUNTIMES STRATEGIES)
    string(TOLOWER "--${option}" flag)
    foreach(word IN LISTS gate_${option})
      list(APPEND arguments ${flag} "${word}")
    endforeach()
  endforeach()
  if(gate_CONFIRM)
    list(APPEND arguments --confirm)
  endif()
  add_test(NAME "${gate_NAME}" COMMAND portcullis::portcullis check ${arguments})
endfunction()
