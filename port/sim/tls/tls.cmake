# SPDX-License-Identifier: MIT
# The TLS servers of the simulation, as one object file (variable MIDGE_SIM_TLS_OBJECT). It contains a
# copy of mbedTLS under port/mbedtls/server.h, all of whose names are local: the client's mbedTLS has
# the same names, and keeps its own configuration, allocator, random generator and clock.
set(_tls ${CMAKE_CURRENT_LIST_DIR})
midge_mbedtls(midge-mbedtls-server server)
midge_harden(midge-mbedtls-server)
# Not for servers: certificates of midge's peers go through src/io (mbedtls.cmake).
target_compile_options(midge-mbedtls-server PRIVATE -Umbedtls_x509_crt_parse_der
    -Umbedtls_x509_crt_parse_der_nocopy -Umbedtls_x509_crt_verify_restartable
    -Umbedtls_pk_sign_restartable -Umbedtls_pk_sign_ext)

file(GLOB _sources CONFIGURE_DEPENDS ${_tls}/*.c)
add_library(midge-sim-tls OBJECT ${_sources})
target_compile_options(midge-sim-tls PRIVATE ${MIDGE_WARNINGS} -Wconversion -ffunction-sections -fdata-sections)
target_include_directories(midge-sim-tls PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(midge-sim-tls PRIVATE MBEDTLS_ALLOW_PRIVATE_ACCESS _POSIX_C_SOURCE=200809L)
midge_mbedtls_headers(midge-sim-tls server)
midge_harden(midge-sim-tls)

set(MIDGE_SIM_TLS_OBJECT ${PROJECT_BINARY_DIR}/midge-sim-tls.o)
separate_arguments(_flags UNIX_COMMAND "${CMAKE_C_FLAGS}")
list(FILTER _flags INCLUDE REGEX "^-m")
set(_keep "")
foreach(_name peer open close count root record ticket)
    list(APPEND _keep --keep-global-symbol=midge__sim_tls_${_name})
endforeach()
add_custom_command(OUTPUT ${MIDGE_SIM_TLS_OBJECT} VERBATIM COMMAND_EXPAND_LISTS
    COMMAND ${CMAKE_C_COMPILER} ${_flags} -r -nostdlib -o ${MIDGE_SIM_TLS_OBJECT}
        $<TARGET_OBJECTS:midge-sim-tls> $<TARGET_OBJECTS:midge-mbedtls-server>
    COMMAND ${CMAKE_OBJCOPY} ${_keep} ${MIDGE_SIM_TLS_OBJECT}
    DEPENDS $<TARGET_OBJECTS:midge-sim-tls> $<TARGET_OBJECTS:midge-mbedtls-server>
    COMMENT "Making the simulated TLS servers' names local")
set_source_files_properties(${MIDGE_SIM_TLS_OBJECT} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
