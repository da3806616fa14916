# SPDX-License-Identifier: MIT
# cmake --install, and the Debian packages that cpack makes of it:
#
#   cmake --preset release && cmake --build --preset release && (cd build/release && cpack)
#
#   libmidge0.2    the shared library, with MIDGE_SHARED
#   libmidge-dev   archives, headers, and how find_package and pkg-config find them
#   midge          the program, its manual page, what bash completes
if(MIDGE_PORT MATCHES "^lwip_")
    message(STATUS "midge: nothing is installed with MIDGE_PORT=${MIDGE_PORT}: lwIP and its options are the "
        "project's; take add_subdirectory, or MIDGE_PORT=none and midge_lwip_port of port/lwip.cmake")
    return()
endif()
if(MIDGE_TLS STREQUAL external AND NOT MIDGE_TLS_INSTALLED)
    message(STATUS "midge: nothing is installed with the target ${MIDGE_TLS_LIBRARY}, which is the project's: "
        "take add_subdirectory, or an installed mbedTLS by find_package(MbedTLS)")
    return()
endif()

# ---- The library ----

target_include_directories(midge INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
install(DIRECTORY include/midge DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev
    FILES_MATCHING PATTERN "*.h")
if(MIDGE_CONFIG_FILE)
    install(FILES ${MIDGE_CONFIG_FILE} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/midge COMPONENT dev
        RENAME user_config.h)
endif()
set(_targets midge)
if(MIDGE_CJSON STREQUAL midge-cjson)
    list(APPEND _targets midge-cjson)
    install(FILES ${MIDGE_CJSON_DIR}/cJSON.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/midge/cjson
        COMPONENT dev)
endif()
if(TARGET midge-sim)
    list(APPEND _targets midge-sim)
    set_target_properties(midge-sim PROPERTIES EXPORT_NAME sim)
endif()
if(TARGET midge-shared)
    list(APPEND _targets midge-shared)
endif()
install(TARGETS ${_targets} EXPORT midge
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT dev)

# ---- How others find it ----

set(_package ${PROJECT_BINARY_DIR}/package)
install(EXPORT midge NAMESPACE midge:: FILE midge-targets.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/midge COMPONENT dev)
configure_package_config_file(port/midge-config.cmake.in ${_package}/midge-config.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/midge)
write_basic_package_version_file(${_package}/midge-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${_package}/midge-config.cmake ${_package}/midge-config-version.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/midge COMPONENT dev)

string(TOUPPER "-DMIDGE_PROFILE_${MIDGE_PROFILE}=1" MIDGE_PC_CFLAGS)
midge_features_left_out(_left_out)
foreach(_definition IN LISTS _left_out)
    string(APPEND MIDGE_PC_CFLAGS " -D${_definition}")
endforeach()
set(MIDGE_PC_LIBS "-lmidge")
if(MIDGE_CJSON)
    string(APPEND MIDGE_PC_LIBS " -lmidge-cjson -lm")
endif()
set(MIDGE_PC_REQUIRES "")
if(MIDGE_PORT STREQUAL posix)
    string(APPEND MIDGE_PC_REQUIRES "libcares ")
endif()
if(MIDGE_CONFIG_FILE)
    string(APPEND MIDGE_PC_CFLAGS " -DMIDGE_CONFIG_FILE='\"midge/user_config.h\"'")
endif()
if(MIDGE_TLS STREQUAL external)
    string(APPEND MIDGE_PC_CFLAGS " -DMIDGE_TLS_EXTERNAL=1")
    if(MIDGE_TLS_VERSION VERSION_LESS 4)
        string(PREPEND MIDGE_PC_REQUIRES "mbedtls mbedx509 mbedcrypto ")
    else()
        string(PREPEND MIDGE_PC_REQUIRES "mbedtls mbedx509 tfpsacrypto ")
    endif()
endif()
configure_file(port/midge.pc.in ${_package}/midge.pc @ONLY)
install(FILES ${_package}/midge.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)

# ---- The program ----

if(TARGET midge-program)
    set(_programs midge-program)
    foreach(_profile small tiny)
        if(TARGET midge-${_profile}-program)
            list(APPEND _programs midge-${_profile}-program)
        endif()
    endforeach()
    install(TARGETS ${_programs} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
    install(FILES boards/host/completion.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
        COMPONENT program RENAME midge)
    if(NOT CMAKE_CROSSCOMPILING) # the manual page is the program's own help
        add_custom_command(OUTPUT ${_package}/midge.1 VERBATIM DEPENDS midge-program boards/host/man.sh
            COMMAND sh ${PROJECT_SOURCE_DIR}/boards/host/man.sh $<TARGET_FILE:midge-program> ${_package}/midge.1)
        add_custom_target(midge-manual ALL DEPENDS ${_package}/midge.1)
        install(FILES ${_package}/midge.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
    endif()
endif()

# ---- Packages ----

if(NOT PROJECT_IS_TOP_LEVEL)
    return()
endif()
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR midge)
set(CPACK_PACKAGE_CONTACT "midge <midge@localhost>")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION libs)
set(_soname ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libmidge${_soname})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "midge's shared library: many HTTPS requests at once")
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libmidge-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_SHLIBDEPS OFF)
set(CPACK_COMPONENT_DEV_DESCRIPTION "midge's headers and archives: many HTTPS requests at once")
set(_depends "")
if(MIDGE_PORT STREQUAL posix)
    list(APPEND _depends libc-ares-dev)
endif()
if(MIDGE_TLS STREQUAL external)
    list(APPEND _depends libmbedtls-dev)
endif()
if(TARGET midge-shared)
    list(APPEND _depends "libmidge${_soname} (= ${PROJECT_VERSION})")
endif()
list(JOIN _depends ", " CPACK_DEBIAN_DEV_PACKAGE_DEPENDS)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME midge)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION web)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "many HTTPS requests at once, as a microcontroller makes them")
set(CPACK_COMPONENTS_ALL dev program)
if(TARGET midge-shared)
    list(APPEND CPACK_COMPONENTS_ALL library)
endif()
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
include(CPack)
