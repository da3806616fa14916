# SPDX-License-Identifier: MIT
# Tests of what an option of mbedTLS's must be on for: a driver for secure elements (test_element.c), and
# pre-shared keys (test_psk.c, and client_psk of net/test_psk.py). One more build of mbedTLS for all.
if(NOT MIDGE_SIM_TLS_OBJECT OR NOT CMOCKA_FOUND OR NOT MIDGE_PROFILE STREQUAL full)
    return()
endif()
set(_keys ${CMAKE_CURRENT_LIST_DIR})

function(keys_library)
    set(MIDGE_PSK ON)
    set(MIDGE_MBEDTLS_VARIANT -keys)
    # The driver's storage is test_element.c's own, but mbedTLS includes another's headers without ITS_FILE.
    set(MIDGE_MBEDTLS_DEFINITIONS MBEDTLS_PSA_CRYPTO_SE_C MBEDTLS_PSA_CRYPTO_STORAGE_C
        MBEDTLS_PSA_ITS_FILE_C MBEDTLS_FS_IO)
    midge_library(midge-keys full)
    midge_sim_library(midge-keys-sim midge-keys)
    foreach(name test_element element test_psk client_psk)
        add_executable(${name} ${_keys}/${name}.c)
        set_target_properties(${name} PROPERTIES C_EXTENSIONS ON)
        target_compile_options(${name} PRIVATE ${MIDGE_WARNINGS})
        target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/sim)
    endforeach()
    midge_mbedtls_headers(test_element full)
    midge_mbedtls_headers(element full)
    target_compile_definitions(test_element PRIVATE ${MIDGE_MBEDTLS_DEFINITIONS})
endfunction()
keys_library()

target_link_libraries(test_element PRIVATE midge-keys-sim PkgConfig::CMOCKA)
target_link_libraries(test_psk PRIVATE midge-keys-sim PkgConfig::CMOCKA)
# The element has PSA's storage in test_element.c only: it takes mbedTLS from the usual library.
target_link_libraries(element PRIVATE midge)
target_link_libraries(client_psk PRIVATE midge-keys-sim)
set_target_properties(client_psk PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
if(NOT CMAKE_C_FLAGS MATCHES "-fsanitize") # whose shadow is terabytes that it would search
    midge_test(keys.element sim 600 test_element $<TARGET_FILE:element>)
endif()
midge_test(keys.psk sim 600 test_psk)
