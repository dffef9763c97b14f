# How the stand-in libraries are built: one set for each CUDA major version, copied into the folder
# of each PyTorch version beside the inert libraries made for it.
add_custom_target(standins ALL)

# The CUDA version of a folder of headers, as 13000.
function(simcuda_version out include)
  file(STRINGS "${include}/cuda_runtime_api.h" line REGEX "define CUDART_VERSION")
  string(REGEX REPLACE ".*CUDART_VERSION +([0-9]+).*" "\\1" version "${line}")
  set(${out} ${version} PARENT_SCOPE)
endfunction()

# CUDA's headers, and after all others what the packages on PyPI lack of them.
function(simcuda_headers target scope include)
  target_include_directories(${target} SYSTEM ${scope} "${include}")
  target_compile_options(${target} ${scope}
    "SHELL:-idirafter \"${CMAKE_CURRENT_FUNCTION_LIST_DIR}/compat\"")
endfunction()

# A library with exactly this file name and soname.
function(simcuda_shared target soname folder map)
  set_target_properties(${target} PROPERTIES
    PREFIX "" SUFFIX "" OUTPUT_NAME "${soname}" LIBRARY_OUTPUT_DIRECTORY "${folder}"
    NO_SONAME ON LINK_DEPENDS "${map}" BUILD_RPATH_USE_ORIGIN ON BUILD_RPATH "$ORIGIN"
    SKIP_BUILD_RPATH OFF)
  target_link_options(${target} PRIVATE
    "LINKER:-soname,${soname}" "LINKER:--version-script,${map}" "LINKER:--no-undefined" "LINKER:--no-undefined-version")
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}" "${PORTCULLIS_ENTRY_NAMES}")
  # No sanitizers: programs that load a stand-in are not built with them.
  target_link_libraries(${target} PRIVATE portcullis_warnings)
endfunction()

# simcuda_generate(OUT TABLE …): runs generate/library.py; OUT_sources and OUT_map are set.
function(simcuda_generate out table folder cuda)
  set(files "${folder}/refused.cpp" "${folder}/exports.map")
  if("--header" IN_LIST ARGN)
    list(APPEND files "${folder}/signatures.cpp" "${folder}/entry_points.inc")
  endif()
  set(table_file "${CMAKE_CURRENT_SOURCE_DIR}/table/${table}")
  math(EXPR major "${cuda} / 1000")
  math(EXPR minor "${cuda} % 1000 / 10")
  add_custom_command(
    OUTPUT ${files}
    COMMAND "${Python3_EXECUTABLE}" "${CMAKE_CURRENT_SOURCE_DIR}/generate/library.py"
      --table "${table_file}" --cuda ${major}.${minor} --out "${folder}" ${ARGN}
    DEPENDS "${table_file}" ${simcuda_generators}
    COMMENT "Entry points of ${table} for CUDA ${major}.${minor}"
    VERBATIM)
  list(FILTER files INCLUDE REGEX "[.]cpp$")
  set(${out}_sources ${files} PARENT_SCOPE)
  set(${out}_map "${folder}/exports.map" PARENT_SCOPE)
endfunction()

# simcuda_libraries(MAJOR INCLUDE): libcudart, libcuda and libnvidia-ml of one CUDA major version.
# Targets simcudart-MAJOR, simcudadriver-MAJOR, simnvml-MAJOR.
function(simcuda_libraries major include)
  simcuda_version(cuda "${include}")
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/cuda-${major}")
  set(generated "${folder}/generated")

  set(soname "libcudart.so.${major}")
  simcuda_generate(cudart cudart.table "${generated}/cudart" ${cuda}
    --library ${soname} --node ${soname} --returns cudaError_t
    --header cuda_runtime_api.h --include "${include}")
  add_library(simcudart-${major} SHARED ${simcuda_core} ${simcuda_cudart} ${cudart_sources})
  simcuda_shared(simcudart-${major} ${soname} "${folder}" "${cudart_map}")
  simcuda_headers(simcudart-${major} PRIVATE "${include}")
  target_link_libraries(simcudart-${major} PRIVATE Threads::Threads ${CMAKE_DL_LIBS})

  if(PORTCULLIS_TESTS)  # the same, to be linked into tests and with their sanitizers
    add_library(simcudart-${major}-static STATIC EXCLUDE_FROM_ALL
      ${simcuda_core} ${simcuda_cudart} "${generated}/cudart/refused.cpp")
    target_include_directories(simcudart-${major}-static PUBLIC "${PROJECT_SOURCE_DIR}" "${PORTCULLIS_ENTRY_NAMES}")
    target_include_directories(simcudart-${major}-static PUBLIC "${generated}/cudart")
    simcuda_headers(simcudart-${major}-static PUBLIC "${include}")
    target_link_libraries(simcudart-${major}-static
      PUBLIC portcullis_sanitizers Threads::Threads ${CMAKE_DL_LIBS} PRIVATE portcullis_warnings)
  endif()

  simcuda_generate(driver driver.table "${generated}/driver" ${cuda}
    --library libcuda.so.1 --code 801 --returns CUresult --header cuda.h --include "${include}")
  add_library(simcudadriver-${major} SHARED
    driver/driver.cpp interface/errors.cpp ${driver_sources})
  simcuda_shared(simcudadriver-${major} libcuda.so.1 "${folder}" "${driver_map}")
  simcuda_headers(simcudadriver-${major} PRIVATE "${include}")
  target_link_libraries(simcudadriver-${major} PRIVATE simcudart-${major})

  simcuda_generate(nvml nvml.table "${generated}/nvml" ${cuda}
    --library libnvidia-ml.so.1 --code 3)
  add_library(simnvml-${major} SHARED
    nvml/nvml.cpp core/host_file.cpp interface/device_order.cpp interface/mask.cpp core/say.cpp ${nvml_sources})
  simcuda_shared(simnvml-${major} libnvidia-ml.so.1 "${folder}" "${nvml_map}")
  target_link_libraries(simnvml-${major} PRIVATE simcudart-${major})
endfunction()

# simcuda_standins(VERSION MAJOR TORCH): the folder of one PyTorch version. TORCH is "" where it is not
# here: then its list says what it needs.
function(simcuda_standins version major torch)
  simcuda_version(cuda "${PORTCULLIS_CUDA_INCLUDE_${version}}")
  set(folder "${PROJECT_BINARY_DIR}/standins/${version}")
  set(stamp "${CMAKE_CURRENT_BINARY_DIR}/standins-${version}.stamp")
  if(torch)
    set(runtime --torch "${torch}")
    file(GLOB needs CONFIGURE_DEPENDS "${torch}/lib/*.so*")
  else()
    set(runtime --list ${version})
    set(needs "${CMAKE_CURRENT_SOURCE_DIR}/table/imports/inert/${version}.txt")
  endif()
  set(built simcudart-${major} simcudadriver-${major} simnvml-${major})
  set(files "$<TARGET_FILE:simcudart-${major}>" "$<TARGET_FILE:simcudadriver-${major}>"
    "$<TARGET_FILE:simnvml-${major}>")
  add_custom_command(
    OUTPUT "${stamp}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${folder}"
    COMMAND "${CMAKE_COMMAND}" -E copy_if_different ${files} "${folder}"
    COMMAND "${Python3_EXECUTABLE}" "${CMAKE_CURRENT_SOURCE_DIR}/generate/inert.py"
      ${runtime} --cuda ${cuda} --cudart "$<TARGET_FILE:simcudart-${major}>"
      --compiler "${CMAKE_C_COMPILER}" --root "${PROJECT_SOURCE_DIR}"
      --work "${CMAKE_CURRENT_BINARY_DIR}/inert-${version}" --out "${folder}"
    COMMAND "${CMAKE_COMMAND}" -E touch "${stamp}"
    DEPENDS ${built} ${files} ${needs} ${simcuda_generators}
      "${CMAKE_CURRENT_SOURCE_DIR}/table/cudart.table"
      "${CMAKE_CURRENT_SOURCE_DIR}/table/driver.table"
      "${CMAKE_CURRENT_SOURCE_DIR}/interface/bridge.h"
    COMMENT "Stand-ins for PyTorch ${version}"
    VERBATIM)
  add_custom_target(standins-${version} DEPENDS "${stamp}")
  add_dependencies(standins standins-${version})
endfunction()
