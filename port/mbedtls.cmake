# SPDX-License-Identifier: MIT
# mbedTLS in owned mode: the sources in MIDGE_MBEDTLS_DIR under port/mbedtls/PROFILE.h. mbedTLS's own
# CMake project can be added only once; the profiles need it several times in one build.
#
#   midge_mbedtls(TARGET PROFILE)          its objects, as object library TARGET
#   midge_mbedtls_headers(TARGET PROFILE)  TARGET sees its headers, also those it does not install
include_guard()

function(midge_mbedtls_headers target profile)
    target_compile_definitions(${target} PRIVATE MBEDTLS_CONFIG_FILE="mbedtls/${profile}.h"
        $<$<BOOL:${MIDGE_PSK}>:MIDGE_WITH_PSK=1>)
    # SYSTEM: midge's warnings do not apply to them.
    target_include_directories(${target} SYSTEM PRIVATE
        ${MIDGE_MBEDTLS_DIR}/include ${CMAKE_CURRENT_FUNCTION_LIST_DIR} ${MIDGE_MBEDTLS_DIR}/library)
endfunction()

function(midge_mbedtls target profile)
    file(STRINGS ${MIDGE_MBEDTLS_DIR}/include/mbedtls/build_info.h version
        REGEX "define MBEDTLS_VERSION_STRING ")
    string(REGEX REPLACE ".*\"(.*)\".*" "\\1" version "${version}")
    if(NOT version MATCHES "^3\\.6\\.")
        message(FATAL_ERROR "midge: mbedTLS 3.6 is needed, ${MIDGE_MBEDTLS_DIR} is ${version}")
    elseif(version VERSION_LESS 3.6.7)
        message(WARNING "midge: mbedTLS ${version} fails against TLS 1.2 servers that sign with "
            "RSA-PSS; 3.6.7 or later is better")
    endif()

    set(library ${MIDGE_MBEDTLS_DIR}/library)
    file(GLOB sources ${library}/*.c)
    list(REMOVE_ITEM sources ${library}/ecp_curves_new.c) # included by nothing in 3.6
    add_library(${target} OBJECT ${sources})
    midge_mbedtls_headers(${target} ${profile})
    # A section for each function, so that functions that are not called are not linked. The desktop
    # needs speed even in a debugging build; a board's own flags come first.
    target_compile_options(${target} PRIVATE -w -ffunction-sections -fdata-sections)
    if(NOT CMAKE_SYSTEM_NAME STREQUAL Generic)
        target_compile_options(${target} PRIVATE -O2)
    else()
        # newlib has gmtime_r, but does not announce it; its gmtime takes memory from malloc.
        target_compile_definitions(${target} PRIVATE _POSIX_THREAD_SAFE_FUNCTIONS=200809L)
    endif()
    set_target_properties(${target} PROPERTIES C_STANDARD 99 C_EXTENSIONS ON
        POSITION_INDEPENDENT_CODE ${MIDGE_PIC})

    # Certificates of midge's peers go through src/io/cert_parse.c and chain_search.c, which call
    # mbedTLS's own functions and leave the connections of others alone.
    set(calls "")
    foreach(name x509_crt_parse_der x509_crt_parse_der_nocopy x509_crt_verify_restartable)
        list(APPEND calls mbedtls_${name}=midge__${name})
    endforeach()
    # So do the client's signatures, through src/io/credential_sign.c.
    foreach(name pk_sign_restartable pk_sign_ext)
        list(APPEND calls mbedtls_${name}=midge__${name})
    endforeach()
    set_source_files_properties(${library}/ssl_tls.c ${library}/ssl_tls12_client.c
        ${library}/ssl_tls13_generic.c PROPERTIES COMPILE_DEFINITIONS "${calls}")

    # src/io/credential_key.c decodes PEM: here it would link mbedTLS's decoder, 2 K.
    set_source_files_properties(${library}/pkparse.c PROPERTIES COMPILE_DEFINITIONS MIDGE_MBEDTLS_NO_PEM)

    # AES-NI and carry-less multiply by intrinsics, twice as fast a byte. Both files need the
    # flags: they must agree on the layout of the AES context. Run-time detection stays, so a CPU
    # without them is safe.
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$" AND CMAKE_SIZEOF_VOID_P EQUAL 8)
        set_source_files_properties(${library}/aesni.c PROPERTIES
            COMPILE_OPTIONS "-maes;-mpclmul;-mssse3;-msse4.1")
        set_source_files_properties(${library}/aes.c PROPERTIES COMPILE_OPTIONS "-maes;-mpclmul")
    endif()
endfunction()
