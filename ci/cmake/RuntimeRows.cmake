# The rows of ci/runtimes.json, and the CUDA headers that they need.
set(PORTCULLIS_RUNTIMES "${PROJECT_BINARY_DIR}/runtimes" CACHE PATH "Where ci/setup put the PyTorch builds")

find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

# portcullis_runtime_rows(OUT): the list as JSON.
function(portcullis_runtime_rows out)
  file(READ "${PROJECT_SOURCE_DIR}/ci/runtimes.json" rows)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/ci/runtimes.json")
  set(${out} "${rows}" PARENT_SCOPE)
endfunction()

# portcullis_json(OUT ROW FIELD): a field of one row, "" if it has none.
function(portcullis_json out row field)
  string(JSON value ERROR_VARIABLE missing GET "${row}" ${field})
  if(missing)
    set(value "")
  endif()
  set(${out} "${value}" PARENT_SCOPE)
endfunction()

# portcullis_cuda_headers(CUDA): sets the cache entry PORTCULLIS_CUDA_INCLUDE_<major>: those of
# ci/setup, of the CUDA Toolkit, or of the packages that pip builds with (CMAKE_PREFIX_PATH).
function(portcullis_cuda_headers cuda)
  if(NOT EXISTS "${PORTCULLIS_CUDA_INCLUDE_${cuda}}")  # pip builds with other folders each time
    unset(PORTCULLIS_CUDA_INCLUDE_${cuda} CACHE)
  endif()
  set(packages nvidia/cu${cuda}/include)
  if(cuda EQUAL 12)
    set(packages nvidia/cuda_runtime/include)
  endif()
  find_path(PORTCULLIS_CUDA_INCLUDE_${cuda} cuda_runtime_api.h
    PATHS "${PORTCULLIS_RUNTIMES}/cuda-${cuda}" PATH_SUFFIXES ${packages} NO_DEFAULT_PATH)
  if(cuda EQUAL 13)
    find_path(PORTCULLIS_CUDA_INCLUDE_${cuda} cuda_runtime_api.h
      PATHS "$ENV{CUDA_HOME}/include" /usr/local/cuda-13.0/include /usr/local/cuda/include)
  endif()
  find_path(PORTCULLIS_CUDA_INCLUDE_${cuda} cuda_runtime_api.h
    PATHS ${CMAKE_PREFIX_PATH} PATH_SUFFIXES ${packages} NO_DEFAULT_PATH)
  if(NOT PORTCULLIS_CUDA_INCLUDE_${cuda})
    message(FATAL_ERROR "CUDA ${cuda} headers are not here: run ci/setup, "
      "or pass -DPORTCULLIS_CUDA_INCLUDE_${cuda}=/path/to/include")
  endif()
endfunction()
