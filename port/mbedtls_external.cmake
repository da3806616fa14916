# SPDX-License-Identifier: MIT
# mbedTLS in external mode (MIDGE_TLS=external): the firmware's own, as a target of CMake.
#
#   midge_tls_find()        sets MIDGE_TLS_LIBRARY, the target, MIDGE_TLS_INSTALLED, whether an
#                           installed midge can name it, and MIDGE_TLS_VERSION, the package's
#   midge_tls_link(TARGET)  the midge library TARGET is compiled for it and linked with it
#
# The target is the first of these: MIDGE_TLS_TARGET, then MbedTLS::mbedtls, pico_mbedtls (pico-sdk)
# and idf::mbedtls (ESP-IDF) if the project around us has defined them, then find_package(MbedTLS).
include_guard()

macro(midge_tls_find)
    set(MIDGE_TLS_LIBRARY "")
    foreach(_name ${MIDGE_TLS_TARGET} MbedTLS::mbedtls pico_mbedtls idf::mbedtls)
        if(NOT MIDGE_TLS_LIBRARY AND TARGET ${_name})
            set(MIDGE_TLS_LIBRARY ${_name})
        endif()
    endforeach()
    if(MIDGE_TLS_TARGET AND NOT MIDGE_TLS_LIBRARY STREQUAL MIDGE_TLS_TARGET)
        message(FATAL_ERROR "midge: there is no target '${MIDGE_TLS_TARGET}' (MIDGE_TLS_TARGET): define it "
            "before midge is added")
    endif()
    if(MIDGE_TLS_LIBRARY)
        message(STATUS "midge: mbedtls: external, the target ${MIDGE_TLS_LIBRARY}")
    else()
        find_package(MbedTLS QUIET)
        if(NOT MbedTLS_FOUND)
            message(FATAL_ERROR "midge: MIDGE_TLS=external finds no mbedTLS: define MbedTLS::mbedtls, pico_mbedtls or "
                "idf::mbedtls before midge is added, name another target in MIDGE_TLS_TARGET, or let "
                "CMAKE_PREFIX_PATH say where mbedTLS is installed")
        endif()
        if(MbedTLS_VERSION VERSION_LESS 3.6)
            message(FATAL_ERROR "midge: mbedTLS 3.6 or later is needed, ${MbedTLS_DIR} is ${MbedTLS_VERSION}")
        endif()
        set(MIDGE_TLS_LIBRARY MbedTLS::mbedtls)
        message(STATUS "midge: mbedtls: external, ${MbedTLS_VERSION} (${MbedTLS_DIR})")
    endif()
    # An installed midge can find a package again, but not a target of the project around us.
    set(MIDGE_TLS_INSTALLED FALSE)
    string(REGEX MATCH "^[0-9]+\\.[0-9]+" MIDGE_TLS_VERSION "${MbedTLS_VERSION}")
    if(MIDGE_TLS_LIBRARY STREQUAL MbedTLS::mbedtls)
        get_target_property(MIDGE_TLS_INSTALLED ${MIDGE_TLS_LIBRARY} IMPORTED)
    endif()
endmacro()

function(midge_tls_link target)
    set(tls ${MIDGE_TLS_LIBRARY})
    # SYSTEM: midge's warnings do not apply to its headers.
    target_include_directories(${target} SYSTEM PRIVATE
        $<TARGET_PROPERTY:${tls},INTERFACE_INCLUDE_DIRECTORIES>)
    target_compile_definitions(${target} PUBLIC MIDGE_TLS_EXTERNAL=1
        PRIVATE $<TARGET_PROPERTY:${tls},INTERFACE_COMPILE_DEFINITIONS>)
    target_compile_options(${target} PRIVATE $<TARGET_PROPERTY:${tls},INTERFACE_COMPILE_OPTIONS>)
    # The program links it. An interface library may have sources (pico-sdk's do): the program
    # compiles them, not midge, else they would be in it twice.
    get_target_property(type ${tls} TYPE)
    if(type STREQUAL INTERFACE_LIBRARY)
        target_link_libraries(${target} INTERFACE ${tls})
    else()
        target_link_libraries(${target} PRIVATE ${tls})
    endif()
endfunction()
