# For a package: every PyTorch of ci/runtimes.json that was built with CUDA, none of which is needed
# here. What they ask of NVIDIA's libraries is kept in src/simcuda/table/imports. Sets what
# src/simcuda and src/hardware read of Runtimes.cmake; PORTCULLIS_TORCH_ROOT_<version> is empty.
include(RuntimeRows)

portcullis_runtime_rows(runtimes)
set(PORTCULLIS_TORCH_VERSIONS "")
string(JSON last LENGTH "${runtimes}")
math(EXPR last "${last} - 1")
foreach(i RANGE ${last})
  string(JSON row GET "${runtimes}" ${i})
  portcullis_json(version "${row}" version)
  portcullis_json(cuda "${row}" cuda)
  if(cuda EQUAL 0)
    continue()
  endif()
  portcullis_cuda_headers(${cuda})
  list(APPEND PORTCULLIS_TORCH_VERSIONS ${version})
  set(PORTCULLIS_TORCH_ROOT_${version} "")
  set(PORTCULLIS_CUDA_${version} ${cuda})
  set(PORTCULLIS_CUDA_INCLUDE_${version} "${PORTCULLIS_CUDA_INCLUDE_${cuda}}")
endforeach()
message(STATUS "Packaged for PyTorch ${PORTCULLIS_TORCH_VERSIONS}")
