# What an installed Portcullis is: PREFIX/bin/portcullis, its data in PREFIX/share/portcullis, what
# children load in PREFIX/lib/portcullis, and the CMake package in PREFIX/lib/cmake/Portcullis.
set(CMAKE_INSTALL_LIBDIR lib CACHE PATH "")  # ours alone, so in no multiarch folder
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(portcullis_data "${CMAKE_INSTALL_DATADIR}/portcullis")
set(portcullis_libraries "${CMAKE_INSTALL_LIBDIR}/portcullis")
set(portcullis_package "${CMAKE_INSTALL_LIBDIR}/cmake/Portcullis")

# Libraries that Debian has only as shared ones travel along, but not in a Debian package, which
# names them as its dependencies: ci/deb leaves the component "travelling" out.
set_target_properties(portcullis PROPERTIES
  INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}/portcullis")
install(TARGETS portcullis RUNTIME)
set(portcullis_travelling "${PORTCULLIS_MD4C_HTML}" "${PORTCULLIS_MD4C}")
if(NOT PORTCULLIS_FMT_INSIDE)
  find_library(PORTCULLIS_FMT fmt REQUIRED)
  list(APPEND portcullis_travelling "${PORTCULLIS_FMT}")
endif()
foreach(library IN LISTS portcullis_travelling)
  file(REAL_PATH "${library}" file)  # libmd4c.so.0.4.8, of which the soname is the start
  string(REGEX MATCH "[^/]+[.]so[.][0-9]+" soname "${file}")
  install(FILES "${file}" RENAME "${soname}" DESTINATION "${portcullis_libraries}" COMPONENT travelling)
endforeach()

install(PROGRAMS "${PROJECT_SOURCE_DIR}/ci/check-changed" TYPE BIN RENAME portcullis-check-changed)

# Data only: hosts, scenarios, and the Python that loads and makes checkpoints.
foreach(folder scenarios fixtures/hosts)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/${folder}/" DESTINATION "${portcullis_data}/${folder}"
    FILES_MATCHING PATTERN "*.yaml")
endforeach()
foreach(folder fixtures/damage harness/hardware)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/${folder}/" DESTINATION "${portcullis_data}/${folder}"
    FILES_MATCHING PATTERN "*.py" PATTERN "damages.yaml" PATTERN "__pycache__" EXCLUDE)
endforeach()

# Sources of what is made for one PyTorch when it is first wanted: inert libraries, the computing
# plugin, the C++ loaders. With them the headers that those sources need and few people have.
foreach(folder src/simcuda/generate src/simcuda/table src/simcuda/interface src/simcuda/compat
    src/simcompute harness/loader fixtures/make)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/${folder}/" DESTINATION "${portcullis_data}/${folder}"
    PATTERN "__pycache__" EXCLUDE PATTERN "CMakeLists.txt" EXCLUDE PATTERN "*.cmake" EXCLUDE
    PATTERN "*.schema.json" EXCLUDE PATTERN "page.py" EXCLUDE)
endforeach()
install(FILES "${PROJECT_SOURCE_DIR}/harness/live/first_use.py" DESTINATION "${portcullis_data}/harness/live")
install(FILES "${PORTCULLIS_ENTRY_NAMES}/entry_names.inc" DESTINATION "${portcullis_data}/generated")
foreach(header nlohmann/json.hpp CLI/CLI.hpp)
  find_path(portcullis_headers ${header} REQUIRED NO_CACHE)
  cmake_path(GET header PARENT_PATH folder)
  install(DIRECTORY "${portcullis_headers}/${folder}" DESTINATION "${portcullis_data}/include")
  unset(portcullis_headers)
endforeach()

# The target "packaged" builds what is installed, and nothing else.
add_custom_target(packaged DEPENDS portcullis)
if(PORTCULLIS_LOADERS OR PORTCULLIS_PACKAGE)
  add_dependencies(packaged standins)
  set(majors "")
  foreach(version IN LISTS PORTCULLIS_TORCH_VERSIONS)
    install(DIRECTORY "${PROJECT_BINARY_DIR}/standins/${version}/"
      DESTINATION "${portcullis_data}/standins/${version}" USE_SOURCE_PERMISSIONS)
    list(APPEND majors ${PORTCULLIS_CUDA_${version}})
  endforeach()
  list(REMOVE_DUPLICATES majors)
  foreach(major IN LISTS majors)
    add_dependencies(packaged portcullis-probe-${major} portcullis-recorder-${major})
    install(TARGETS portcullis-probe-${major} RUNTIME DESTINATION "${portcullis_libraries}")
    install(TARGETS portcullis-recorder-${major} LIBRARY DESTINATION "${portcullis_libraries}")
  endforeach()
endif()

# Completions and manual pages, which the program writes itself.
set(shell "${PROJECT_BINARY_DIR}/shell")
add_custom_command(OUTPUT "${shell}/stamp"
  COMMAND "${CMAKE_COMMAND}" -E make_directory "${shell}"
  COMMAND sh "${PROJECT_SOURCE_DIR}/ci/cmake/write-shell-files.sh" "$<TARGET_FILE:portcullis>" "${shell}"
  COMMAND "${CMAKE_COMMAND}" -E touch "${shell}/stamp"
  DEPENDS portcullis "${PROJECT_SOURCE_DIR}/ci/cmake/write-shell-files.sh"
  COMMENT "Completions and manual pages"
  VERBATIM)
add_custom_target(shell-files ALL DEPENDS "${shell}/stamp")
add_dependencies(packaged shell-files)
install(FILES "${shell}/portcullis" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES "${shell}/_portcullis" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions")
install(FILES "${shell}/portcullis.fish" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
install(DIRECTORY "${shell}/man1" DESTINATION "${CMAKE_INSTALL_DATADIR}/man")

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

# The Debian package: ci/deb. Its dependencies are those that dpkg-shlibdeps finds.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "Portcullis <portcullis@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Decides where a PyTorch checkpoint gets in")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_CMAKE_PROJECTS "${PROJECT_BINARY_DIR};portcullis;Unspecified;/")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${PROJECT_BINARY_DIR}/src/simcuda/cuda-13")
set(CPACK_DEBIAN_PACKAGE_DEPENDS python3)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "g++, libssl-dev, binutils")
include(CPack)
