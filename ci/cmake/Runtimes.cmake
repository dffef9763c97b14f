# The PyTorch builds that loaders load with. The list is ci/runtimes.json; ci/setup puts each
# under PORTCULLIS_RUNTIMES/<version>. Somebody who has PyTorch or LibTorch already names it:
# PORTCULLIS_PYTHON (an interpreter that can import torch) or PORTCULLIS_LIBTORCH (the folder
# that holds include/ and lib/). Our own imported targets, because find_package(Torch) of a CUDA
# build insists on a complete CUDA Toolkit.
set(PORTCULLIS_RUNTIMES "${PROJECT_BINARY_DIR}/runtimes" CACHE PATH "Where ci/setup put the PyTorch builds")
set(PORTCULLIS_PYTHON "" CACHE FILEPATH "A Python that has PyTorch installed (default: the one of ci/setup)")
set(PORTCULLIS_LIBTORCH "" CACHE PATH "An unpacked LibTorch, or the torch folder of an installed PyTorch")

find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

# portcullis_torch_root(OUT VERSION): the folder with include/ and lib/, or "" if not here.
function(portcullis_torch_root out version)
  set(root "${PORTCULLIS_RUNTIMES}/${version}/torch")
  if(PORTCULLIS_LIBTORCH)
    set(root "${PORTCULLIS_LIBTORCH}")
  elseif(PORTCULLIS_PYTHON)
    execute_process(
      COMMAND "${PORTCULLIS_PYTHON}" -c
        "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
      OUTPUT_VARIABLE root OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  if(NOT EXISTS "${root}/lib/libtorch_cpu.so")
    set(root "")
  endif()
  set(${out} "${root}" PARENT_SCOPE)
endfunction()

# portcullis_torch_targets(VERSION ROOT): libraries torch-VERSION (with CUDA) and
# torch-VERSION-cpu (the same build without libtorch_cuda: a CPU-only one).
function(portcullis_torch_targets version root)
  foreach(flavour "" "-cpu")
    set(target "torch-${version}${flavour}")
    add_library(${target} INTERFACE)
    target_include_directories(${target} SYSTEM INTERFACE
      "${root}/include" "${root}/include/torch/csrc/api/include")
    target_link_directories(${target} INTERFACE "${root}/lib")
    target_link_options(${target} INTERFACE
      "LINKER:--allow-shlib-undefined" "LINKER:--no-as-needed" "LINKER:-rpath,${root}/lib")
    target_link_libraries(${target} INTERFACE torch_cpu c10)
    if(NOT flavour)
      target_link_libraries(${target} INTERFACE torch_cuda c10_cuda torch)
    endif()
  endforeach()
endfunction()

# PORTCULLIS_TORCH_VERSIONS: the versions of the list that are here. For each also
# PORTCULLIS_TORCH_ROOT_<version>, PORTCULLIS_CUDA_<version> (major) and PORTCULLIS_CUDA_INCLUDE_<version>.
file(READ "${PROJECT_SOURCE_DIR}/ci/runtimes.json" runtimes)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/ci/runtimes.json")
string(JSON last LENGTH "${runtimes}")
math(EXPR last "${last} - 1")
set(PORTCULLIS_TORCH_VERSIONS "")
foreach(i RANGE ${last})
  string(JSON version GET "${runtimes}" ${i} version)
  string(JSON cuda GET "${runtimes}" ${i} cuda)
  portcullis_torch_root(root ${version})
  if(NOT root)
    message(STATUS "PyTorch ${version}: not here (ci/setup installs it)")
    continue()
  endif()
  find_path(PORTCULLIS_CUDA_INCLUDE_${cuda} cuda_runtime_api.h
    PATHS "${PORTCULLIS_RUNTIMES}/cuda-${cuda}/nvidia/cu${cuda}/include"
          "${PORTCULLIS_RUNTIMES}/cuda-${cuda}/nvidia/cuda_runtime/include"
    NO_DEFAULT_PATH)
  if(cuda EQUAL 13)
    find_path(PORTCULLIS_CUDA_INCLUDE_${cuda} cuda_runtime_api.h
      PATHS "$ENV{CUDA_HOME}/include" /usr/local/cuda-13.0/include /usr/local/cuda/include)
  endif()
  if(NOT PORTCULLIS_CUDA_INCLUDE_${cuda})
    message(FATAL_ERROR "PyTorch ${version} needs the CUDA ${cuda} headers: run ci/setup, "
      "or pass -DPORTCULLIS_CUDA_INCLUDE_${cuda}=/path/to/include")
  endif()
  portcullis_torch_targets(${version} "${root}")
  list(APPEND PORTCULLIS_TORCH_VERSIONS ${version})
  set(PORTCULLIS_TORCH_ROOT_${version} "${root}")
  set(PORTCULLIS_CUDA_${version} ${cuda})
  set(PORTCULLIS_CUDA_INCLUDE_${version} "${PORTCULLIS_CUDA_INCLUDE_${cuda}}")
  message(STATUS "PyTorch ${version}: ${root} (CUDA ${cuda})")
endforeach()
if(NOT PORTCULLIS_TORCH_VERSIONS)
  message(FATAL_ERROR "No PyTorch found. Run ci/setup, or pass -DPORTCULLIS_PYTHON=/path/to/python "
    "or -DPORTCULLIS_LIBTORCH=/path/to/libtorch, or -DPORTCULLIS_LOADERS=OFF for the static half only.")
endif()
