# The PyTorch builds that loaders load with, side by side. The list is ci/runtimes.json; ci/setup
# puts each under PORTCULLIS_RUNTIMES/<version>, or installs the Debian package that it names.
# Somebody who has PyTorch or LibTorch already names it instead: PORTCULLIS_PYTHON (an interpreter
# that can import torch) or PORTCULLIS_LIBTORCH (the folder that holds include/ and lib/).
# Our own imported targets, because find_package(Torch) of a CUDA build insists on a complete CUDA
# Toolkit.
set(PORTCULLIS_TORCH "" CACHE STRING "Only these versions, such as 2.11.0;2.6.0 (default: all that are here)")
set(PORTCULLIS_PYTHON "" CACHE FILEPATH "A Python that has PyTorch installed (default: the one of ci/setup)")
set(PORTCULLIS_LIBTORCH "" CACHE PATH "An unpacked LibTorch, or the torch folder of an installed PyTorch")

include(RuntimeRows)
include(TorchBuild)

# portcullis_torch_root(OUT_ROOT OUT_LIB ROW VERSION): the folder that holds include/ and the one
# with the libraries; OUT_ROOT is "" if this PyTorch is not here.
function(portcullis_torch_root out_root out_lib row version)
  portcullis_json(debian "${row}" debian)
  portcullis_json(own "${row}" root)
  set(root "${PORTCULLIS_RUNTIMES}/${version}/torch")
  if(own)
    set(root "${own}")
  endif()
  set(lib "${root}/lib")
  if(debian)
    set(root "/usr")
    set(lib "/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}")
    string(REGEX MATCH "^[0-9]+[.][0-9]+" short "${version}")
    if(NOT EXISTS "${lib}/libtorch_cpu.so.${short}")  # another Debian, another version
      set(root "")
    endif()
  endif()
  if(NOT EXISTS "${lib}/libtorch_cpu.so" OR NOT EXISTS "${root}/include/torch")
    set(root "")
  endif()
  set(${out_root} "${root}" PARENT_SCOPE)
  set(${out_lib} "${lib}" PARENT_SCOPE)
endfunction()

# portcullis_torch_target(TARGET ROOT LIB ABI LIBRARIES…)
function(portcullis_torch_target target root lib abi)
  add_library(${target} INTERFACE)
  target_include_directories(${target} SYSTEM INTERFACE
    "${root}/include" "${root}/include/torch/csrc/api/include")
  if(NOT abi)
    target_compile_definitions(${target} INTERFACE _GLIBCXX_USE_CXX11_ABI=0)
  endif()
  target_link_directories(${target} INTERFACE "${lib}")
  target_link_options(${target} INTERFACE
    "LINKER:--allow-shlib-undefined" "LINKER:--no-as-needed" "LINKER:-rpath,${lib}")
  target_link_libraries(${target} INTERFACE ${ARGN})
endfunction()

portcullis_runtime_rows(runtimes)
if(PORTCULLIS_PYTHON OR PORTCULLIS_LIBTORCH)
  portcullis_own_torch(runtimes "${PORTCULLIS_PYTHON}" "${PORTCULLIS_LIBTORCH}")
endif()

# PORTCULLIS_TORCH_VERSIONS: the versions built with CUDA that are here, and
# PORTCULLIS_TORCH_ALL_VERSIONS: with those built without. Each has a target torch-<version>-cpu;
# those with CUDA also torch-<version>, the "-cpu" being the same build without libtorch_cuda. And
# PORTCULLIS_TORCH_ROOT_<version>, PORTCULLIS_TORCH_DEFAULT_<version>, PORTCULLIS_CUDA_<version>
# (major, 0: none) and, with CUDA, PORTCULLIS_CUDA_INCLUDE_<version>.
set(PORTCULLIS_TORCH_VERSIONS "")
set(PORTCULLIS_TORCH_ALL_VERSIONS "")
string(JSON last LENGTH "${runtimes}")
math(EXPR last "${last} - 1")
foreach(i RANGE ${last})
  string(JSON row GET "${runtimes}" ${i})
  portcullis_json(version "${row}" version)
  portcullis_json(cuda "${row}" cuda)
  portcullis_json(abi "${row}" cxx11_abi)
  portcullis_json(default "${row}" default)
  if(PORTCULLIS_TORCH AND NOT version IN_LIST PORTCULLIS_TORCH)
    continue()
  endif()
  portcullis_torch_root(root lib "${row}" ${version})
  if(NOT root)
    message(STATUS "PyTorch ${version}: not here (ci/setup --runtime ${version} installs it)")
    continue()
  endif()
  message(STATUS "PyTorch ${version}: ${root} (CUDA ${cuda})")
  list(APPEND PORTCULLIS_TORCH_ALL_VERSIONS ${version})
  set(PORTCULLIS_TORCH_ROOT_${version} "${root}")
  set(PORTCULLIS_TORCH_DEFAULT_${version} "$<IF:$<BOOL:${default}>,true,false>")
  set(PORTCULLIS_CUDA_${version} ${cuda})
  portcullis_torch_target(torch-${version}-cpu "${root}" "${lib}" "${abi}" torch_cpu c10)
  if(cuda EQUAL 0)
    continue()
  endif()
  list(APPEND PORTCULLIS_TORCH_VERSIONS ${version})
  portcullis_torch_target(torch-${version} "${root}" "${lib}" "${abi}"
    torch_cpu c10 torch_cuda c10_cuda torch)
  portcullis_cuda_headers(${cuda})
  set(PORTCULLIS_CUDA_INCLUDE_${version} "${PORTCULLIS_CUDA_INCLUDE_${cuda}}")
endforeach()
if(NOT PORTCULLIS_TORCH_VERSIONS)
  message(FATAL_ERROR "No PyTorch found. Run ci/setup, or pass -DPORTCULLIS_PYTHON=/path/to/python "
    "or -DPORTCULLIS_LIBTORCH=/path/to/libtorch, or -DPORTCULLIS_LOADERS=OFF for the static half only.")
endif()
