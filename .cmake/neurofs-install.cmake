# cmake --install and cpack: the program, the helper, the shared library with its headers and
# find_package(neurofs), manual pages, completion; a .deb for Debian 12.

set(NEUROFS_CORE_LAYERS engine prefetch cache device field storage codec lens geometry base)
add_library(neurofs SHARED)
add_library(neurofs::neurofs ALIAS neurofs)
neurofs_link_layers(neurofs ${NEUROFS_CORE_LAYERS})
set_target_properties(neurofs PROPERTIES VERSION ${PROJECT_VERSION}
                      SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
                      LINKER_LANGUAGE CXX)
target_link_libraries(neurofs PUBLIC Boost::headers nlohmann_json::nlohmann_json Threads::Threads)
target_compile_features(neurofs PUBLIC cxx_std_20)
target_include_directories(neurofs INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/neurofs>)

install(TARGETS neurofs_program RUNTIME)
install(TARGETS neurofs EXPORT neurofsTargets LIBRARY)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/core DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/neurofs
        FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_SOURCE_DIR}/fs/neurofs_gpu.h ${PROJECT_SOURCE_DIR}/fs/neurofs_control.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
set(neurofs_config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/neurofs)
install(EXPORT neurofsTargets NAMESPACE neurofs:: DESTINATION ${neurofs_config_dir})
include(CMakePackageConfigHelpers)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/neurofsConfig.cmake.in
                              ${CMAKE_BINARY_DIR}/neurofsConfig.cmake
                              INSTALL_DESTINATION ${neurofs_config_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/neurofsConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/neurofsConfig.cmake
              ${CMAKE_BINARY_DIR}/neurofsConfigVersion.cmake
        DESTINATION ${neurofs_config_dir})

# mount(8) looks for helpers in /sbin alone, which is /usr/sbin on Debian; under another prefix a
# link is needed: ln -s PREFIX/sbin/mount.neurofs /sbin/
install(PROGRAMS ${PROJECT_SOURCE_DIR}/mount-tools/mount.neurofs
        DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(FILES ${CMAKE_BINARY_DIR}/mount-tools/neurofs.1
        DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${PROJECT_SOURCE_DIR}/mount-tools/mount.neurofs.8
        DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES ${CMAKE_BINARY_DIR}/mount-tools/neurofs.bash RENAME neurofs
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE RENAME copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(PROGRAMS ${PROJECT_SOURCE_DIR}/mount-tools/gpu_file.py
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME neurofs)
set(CPACK_PACKAGE_CONTACT "The NeuroFS authors <neurofs@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "mount an array; every neuron is a file")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_DEPENDS fuse3)
# For rados://; and to use the C++ headers.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "librados2, libboost-dev, nlohmann-json3-dev")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
include(CPack)
