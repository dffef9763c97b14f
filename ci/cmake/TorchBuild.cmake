# What a PyTorch build says of itself, and somebody's own PyTorch as a row of ci/runtimes.json.

# portcullis_torch_build(OUT_BUILD OUT_CUDA ROOT VERSION): "2.11.0+cu130" and "13.0": version.py in a
# wheel, build-version beside a LibTorch (which names no CUDA), else VERSION and "".
function(portcullis_torch_build out_build out_cuda root version)
  set(build "${version}")
  set(cuda "")
  if(EXISTS "${root}/version.py")
    file(STRINGS "${root}/version.py" lines)
    foreach(line IN LISTS lines)
      if(line MATCHES "^__version__ = '([^']+)'")
        set(build "${CMAKE_MATCH_1}")
      elseif(line MATCHES "^cuda.*= '([^']+)'")
        set(cuda "${CMAKE_MATCH_1}")
      endif()
    endforeach()
  elseif(EXISTS "${root}/build-version")
    file(STRINGS "${root}/build-version" build LIMIT_COUNT 1)
    if(build MATCHES "\\+cu([0-9]+)([0-9])$")
      set(cuda "${CMAKE_MATCH_1}.${CMAKE_MATCH_2}")
    endif()
  endif()
  set(${out_build} "${build}" PARENT_SCOPE)
  set(${out_cuda} "${cuda}" PARENT_SCOPE)
endfunction()

# portcullis_own_torch(OUT PYTHON LIBTORCH): the list with one row, the PyTorch that somebody named.
function(portcullis_own_torch out python libtorch)
  set(root "${libtorch}")
  if(NOT root)
    execute_process(
      COMMAND "${python}" -c
        "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
      OUTPUT_VARIABLE root OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  portcullis_torch_build(build cuda "${root}" "")
  if(NOT build MATCHES "^[0-9]+[.][0-9]+[.][0-9]+")
    message(FATAL_ERROR "No PyTorch in '${root}': neither version.py nor build-version is there")
  endif()
  set(version "${CMAKE_MATCH_0}")
  set(major 0)
  if(cuda MATCHES "^[0-9]+")
    set(major "${CMAKE_MATCH_0}")
  endif()
  # C++ ABI: libc10 exports names of the new one in either case, errors take texts of only one.
  set(abi true)
  file(STRINGS "${root}/lib/libc10.so" old REGEX "_ZN3c105ErrorC[12]ENS_14SourceLocationESs" LIMIT_COUNT 1)
  if(old)
    set(abi false)
  endif()
  set(${out} "[{\"version\": \"${version}\", \"default\": true, \"root\": \"${root}\", \
\"cuda\": ${major}, \"cxx11_abi\": ${abi}}]" PARENT_SCOPE)
endfunction()
