# Owns: runtimes.json in the build folder: the runtimes there are, with the fields of
# portcullis::host::Runtime (harness/host/child_host.h), and how to start their loaders and makers.

# The interpreter that imports PyTorch: the user's own, or the one that ci/setup installed for.
# Asked for its real path, because children run without the variables that a shim goes by.
set(python "${Python3_EXECUTABLE}")
if(PORTCULLIS_PYTHON)
  set(python "${PORTCULLIS_PYTHON}")
endif()
execute_process(COMMAND "${python}" -c "import sys; print(sys.executable)"
  OUTPUT_VARIABLE python OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

set(PORTCULLIS_RUNTIME_PYTHON "${python}" CACHE INTERNAL "The interpreter that imports PyTorch")

set(runtime_objects "")

# portcullis_runtime(ID FAMILY CUDA LOADER MAKER ENVIRONMENT): appends one object. LOADER, MAKER
# and ENVIRONMENT are JSON. Uses version, default and preload of the caller.
function(portcullis_runtime id family cuda loader maker environment)
  set(hardware "")
  set(compute "")
  if(cuda)
    set(hardware ",
  \"probe\": \"$<TARGET_FILE:portcullis-probe-${cuda}>\",
  \"recorder\": \"$<TARGET_FILE:portcullis-recorder-${cuda}>\"")
    set(compute ", \"compute\": \"$<TARGET_FILE:simcompute-${version}>\"")
  endif()
  list(APPEND runtime_objects " {\"id\": \"${id}\", \"family\": \"${family}\", \
\"version\": \"${version}\", \"cuda\": ${cuda}, \"default\": ${default},
  \"loader\": ${loader},
  \"maker\": ${maker},
  \"environment\": ${environment},
  \"standins\": \"${standins}\", \"preload\": ${preload}${hardware}${compute}}")
  set(runtime_objects "${runtime_objects}" PARENT_SCOPE)
endfunction()

# portcullis_runtimes_of(VERSION): the Python runtime, if this PyTorch has Python, and the C++ ones.
function(portcullis_runtimes_of version)
  set(root "${PORTCULLIS_TORCH_ROOT_${version}}")
  set(cuda "${PORTCULLIS_CUDA_${version}}")
  set(standins "")
  if(NOT cuda EQUAL 0)
    set(standins "standins/${version}")
  endif()
  set(preload false)
  if(EXISTS "${root}/../nvidia")  # its libraries find the real CUDA ones there by RPATH
    set(preload true)
  endif()
  set(default "${PORTCULLIS_TORCH_DEFAULT_${version}}")
  if(EXISTS "${root}/__init__.py")
    set(environment "\"PYTHONHASHSEED\": \"0\"")  # or TorchScript's code differs between makings
    if(NOT PORTCULLIS_PYTHON)
      get_filename_component(site "${root}" DIRECTORY)
      string(APPEND environment ", \"PYTHONPATH\": \"${site}\"")
    endif()
    portcullis_runtime(python-${version} python ${cuda}
      "[\"${python}\", \"${PROJECT_SOURCE_DIR}/harness/loader/loader.py\"]"
      "[\"${python}\", \"${PROJECT_SOURCE_DIR}/fixtures/make/make.py\"]" "{${environment}}")
  endif()
  if(NOT cuda EQUAL 0)
    portcullis_runtime(cpp-${version} cpp ${cuda}
      "[\"$<TARGET_FILE:portcullis-loader-${version}>\"]"
      "[\"$<TARGET_FILE:portcullis-maker-${version}>\"]" "{}")
  endif()
  portcullis_runtime(cpp-${version}-cpu cpp-cpu 0
    "[\"$<TARGET_FILE:portcullis-loader-${version}-cpu>\"]" "[]" "{}")
  set(runtime_objects "${runtime_objects}" PARENT_SCOPE)
endfunction()

foreach(version IN LISTS PORTCULLIS_TORCH_ALL_VERSIONS)
  portcullis_runtimes_of(${version})
endforeach()
list(JOIN runtime_objects ",\n" runtime_objects)
file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/runtimes.json" CONTENT "[\n${runtime_objects}\n]\n")
