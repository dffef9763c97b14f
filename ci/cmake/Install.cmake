# What an installed Portcullis is: PREFIX/bin/portcullis, its data in PREFIX/share/portcullis, what
# children load in PREFIX/lib/portcullis, and the CMake package in PREFIX/lib/cmake/Portcullis.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(portcullis_data "${CMAKE_INSTALL_DATADIR}/portcullis")
set(portcullis_libraries "${CMAKE_INSTALL_LIBDIR}/portcullis")
set(portcullis_package "${CMAKE_INSTALL_LIBDIR}/cmake/Portcullis")

# Libraries that Debian has only as shared ones travel along.
set_target_properties(portcullis PROPERTIES
  INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}/portcullis")
install(TARGETS portcullis RUNTIME)
install(IMPORTED_RUNTIME_ARTIFACTS fmt::fmt LIBRARY DESTINATION "${portcullis_libraries}")

install(PROGRAMS "${PROJECT_SOURCE_DIR}/ci/check-changed" TYPE BIN RENAME portcullis-check-changed)

# Data only: hosts, scenarios, and the Python that loads and makes checkpoints.
foreach(folder scenarios fixtures/hosts)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/${folder}/" DESTINATION "${portcullis_data}/${folder}"
    FILES_MATCHING PATTERN "*.yaml")
endforeach()
foreach(folder fixtures/make fixtures/damage harness/loader harness/hardware)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/${folder}/" DESTINATION "${portcullis_data}/${folder}"
    FILES_MATCHING PATTERN "*.py" PATTERN "checkpoints.yaml" PATTERN "damages.yaml" PATTERN "__pycache__" EXCLUDE)
endforeach()

# Makes inert libraries for a PyTorch that this Portcullis was not built with.
install(DIRECTORY "${PROJECT_SOURCE_DIR}/src/simcuda/generate" "${PROJECT_SOURCE_DIR}/src/simcuda/table"
  DESTINATION "${portcullis_data}/src/simcuda" PATTERN "__pycache__" EXCLUDE)
install(FILES "${PROJECT_SOURCE_DIR}/src/simcuda/interface/bridge.h"
  DESTINATION "${portcullis_data}/src/simcuda/interface")

if(PORTCULLIS_LOADERS)
  foreach(version IN LISTS PORTCULLIS_TORCH_VERSIONS)
    install(DIRECTORY "${PROJECT_BINARY_DIR}/standins/${version}/"
      DESTINATION "${portcullis_data}/standins/${version}" USE_SOURCE_PERMISSIONS)
    set(cuda ${PORTCULLIS_CUDA_${version}})
    if(cuda)
      install(TARGETS portcullis-probe-${cuda} RUNTIME DESTINATION "${portcullis_libraries}")
      install(TARGETS portcullis-recorder-${cuda} LIBRARY DESTINATION "${portcullis_libraries}")
    endif()
  endforeach()
endif()

# find_package(Portcullis)
configure_package_config_file("${PROJECT_SOURCE_DIR}/ci/cmake/PortcullisConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/PortcullisConfig.cmake" INSTALL_DESTINATION "${portcullis_package}"
  PATH_VARS CMAKE_INSTALL_BINDIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/PortcullisConfigVersion.cmake"
  COMPATIBILITY SameMajorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/PortcullisConfig.cmake"
  "${PROJECT_BINARY_DIR}/PortcullisConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/ci/cmake/PortcullisGate.cmake"
  DESTINATION "${portcullis_package}")
