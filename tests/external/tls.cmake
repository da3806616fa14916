# SPDX-License-Identifier: MIT
# A part of run.cmake: on an mbedTLS that the user's project configures, as different targets.
if(NOT COMPILER)
    set(COMPILER cc)
endif()
set(headers ${MBEDTLS}/include)

# said(OUT OPTIONS... FILES...): all that the compiler says about files of src/io.
function(said out)
    execute_process(COMMAND ${COMPILER} -std=c11 -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wshadow
        -DMIDGE_TLS_EXTERNAL=1 -DMIDGE_KEYLOG=1 -I${SOURCE}/include -I${SOURCE}/src ${ARGN} -isystem ${headers}
        OUTPUT_VARIABLE text ERROR_VARIABLE text)
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

# ---- options that midge needs ----

# refused(SENTENCE NAMES... [MORE LINES...] [OPTIONS...]): without these options of mbedTLS's default
# configuration, with these lines behind it and these options of the compiler, it says SENTENCE, and of
# no other need.
function(refused sentence)
    cmake_parse_arguments(ARG "" "" "MORE;OPTIONS" ${ARGN})
    list(TRANSFORM ARG_UNPARSED_ARGUMENTS PREPEND "#undef ")
    list(JOIN ARG_UNPARSED_ARGUMENTS "\n" lines)
    list(JOIN ARG_MORE "\n" more)
    file(WRITE ${BUILD}/refused.h "${lines}\n${more}\n")
    said(text -DMBEDTLS_USER_CONFIG_FILE="${BUILD}/refused.h" ${ARG_OPTIONS} ${SOURCE}/src/io/tls_random.c)
    string(REPLACE ";" "," text "${text}")
    string(REGEX MATCHALL "error: [^\n]*midge needs [^\n]*" needs "${text}")
    list(LENGTH needs n)
    if(sentence STREQUAL "" AND text STREQUAL "")
        return()
    endif()
    string(FIND "${needs}" "${sentence}" at)
    if(sentence STREQUAL "" OR NOT n EQUAL 1 OR at LESS 0)
        message(FATAL_ERROR "mbedTLS without ${ARGN}: not one sentence '${sentence}':\n${text}")
    endif()
endfunction()

message(STATUS "options of mbedTLS that are missing")
set(psa MBEDTLS_PSA_CRYPTO_C MBEDTLS_PSA_CRYPTO_STORAGE_C MBEDTLS_PSA_ITS_FILE_C MBEDTLS_LMS_C)
set(tls12 MBEDTLS_SSL_PROTO_TLS1_2 MBEDTLS_SSL_PROTO_DTLS MBEDTLS_SSL_DTLS_ANTI_REPLAY
    MBEDTLS_SSL_DTLS_HELLO_VERIFY MBEDTLS_SSL_DTLS_CLIENT_PORT_REUSE MBEDTLS_SSL_DTLS_CONNECTION_ID
    MBEDTLS_SSL_DTLS_CONNECTION_ID_COMPAT MBEDTLS_SSL_RENEGOTIATION MBEDTLS_SSL_ENCRYPT_THEN_MAC
    MBEDTLS_SSL_EXTENDED_MASTER_SECRET)
refused("")
refused("midge needs mbedTLS 3.6 or later" MBEDTLS_VERSION_NUMBER
    MORE "#define MBEDTLS_VERSION_NUMBER 0x03050200")
refused("MBEDTLS_SSL_TLS_C and MBEDTLS_SSL_CLI_C: it is a TLS client" MBEDTLS_SSL_CLI_C)
refused("" MORE "#define MBEDTLS_SSL_IN_CONTENT_LEN 4096" OPTIONS -DMIDGE_WITH_HTTP2=1 -DMIDGE_HTTP2_RECORD=4096)
refused("MIDGE_HTTP2_RECORD of at most MBEDTLS_SSL_IN_CONTENT_LEN" MORE "#define MBEDTLS_SSL_IN_CONTENT_LEN 4096"
    OPTIONS -DMIDGE_WITH_HTTP2=1 -DMIDGE_HTTP2_RECORD=8192)
refused("MBEDTLS_SSL_PROTO_TLS1_2 or MBEDTLS_SSL_PROTO_TLS1_3" ${tls12} MBEDTLS_SSL_PROTO_TLS1_3)
refused("MBEDTLS_SSL_SERVER_NAME_INDICATION: servers have many names" MBEDTLS_SSL_SERVER_NAME_INDICATION)
refused("it offers only forward secrecy" MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
    MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED)
refused("MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED for TLS 1.3"
    MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED)
refused("MBEDTLS_X509_CRT_PARSE_C: it verifies servers" MBEDTLS_X509_CRT_PARSE_C)
refused("P-256, which every server has" MBEDTLS_ECP_DP_SECP256R1_ENABLED)
refused("MBEDTLS_SHA256_C / PSA_WANT_ALG_SHA_256" MBEDTLS_SHA256_C MBEDTLS_SHA224_C)
refused("it offers no CBC suite" MBEDTLS_GCM_C MBEDTLS_CHACHAPOLY_C)
refused("random numbers, by midge's port or by PSA" MBEDTLS_CTR_DRBG_C ${psa} MBEDTLS_SSL_PROTO_TLS1_3)

# ---- configurations that are compiled only ----

file(GLOB io ${SOURCE}/src/io/*.c)

# accepted(NAME OPTIONS...): the compiler has nothing to say about src/io.
function(accepted name)
    message(STATUS "compiling src/io for ${name}")
    said(text ${ARGN} ${io})
    if(text)
        message(FATAL_ERROR "src/io on mbedTLS, ${name}:\n${text}")
    endif()
endfunction()

accepted("TLS 1.2 without PSA" -DMBEDTLS_USER_CONFIG_FILE="${SOURCE}/tests/external/tls/no_psa.h")
accepted("TLS 1.3 alone" -DMBEDTLS_USER_CONFIG_FILE="${SOURCE}/tests/external/tls/no_tls12.h")

# mbedTLS 4.x: its headers are not to be had here, so 3.6's are changed.
file(REMOVE_RECURSE ${BUILD}/gone)
foreach(name aes bignum chachapoly cipher ctr_drbg ecdsa ecp entropy gcm hmac_drbg rsa sha256)
    file(WRITE ${BUILD}/gone/mbedtls/${name}.h "#ifdef FOUR_READS\n#include_next <mbedtls/${name}.h>\n"
        "#else\n#error \"mbedTLS 4.x has no mbedtls/${name}.h\"\n#endif\n")
endforeach()
accepted("the declarations of 4.x" -include ${SOURCE}/tests/external/tls/four.h
    -isystem ${BUILD}/gone)

# ---- configurations that run ----

set(consumer ${SOURCE}/tests/external/tls -DMIDGE_SOURCE=${SOURCE} -DMBEDTLS=${MBEDTLS}
    -DMIDGE_DEPS_DIR=${BUILD}/deps)
build(consumer-lean ${consumer} -DWAY=interface -DCONFIG=lean)
build(consumer-psa ${consumer} -DWAY=target -DCONFIG=psa)
fetch(${BUILD}/consumer-lean/consumer-tls ${BUILD}/consumer-psa/consumer-tls)

# The sources of pico_mbedtls are the program's; nothing of a project's target is installed.
run(ar t ${BUILD}/consumer-lean/midge/libmidge.a OUTPUT members)
if(members MATCHES "ssl_tls\\.c")
    message(FATAL_ERROR "libmidge.a has mbedTLS's sources:\n${members}")
endif()

# configured(EXPECTED OPTIONS...): what the configuration says, or its error.
function(configured expected)
    file(REMOVE_RECURSE ${BUILD}/configured)
    execute_process(COMMAND ${CMAKE_COMMAND} -S ${consumer} -B ${BUILD}/configured ${common} ${ARGN}
        OUTPUT_VARIABLE text ERROR_VARIABLE text)
    string(REGEX REPLACE "[ \n]+" " " text "${text}")
    if(NOT text MATCHES "${expected}")
        message(FATAL_ERROR "the configuration does not say '${expected}':\n${text}")
    endif()
endfunction()

configured("external, the target MbedTLS::mbedtls.*nothing is installed with the target MbedTLS::mbedtls"
    -DWAY=subdirectory -DCONFIG=lean)
configured("there is no target 'firmware_tsl'" -DWAY=target -DCONFIG=lean -DTARGET_NAME=firmware_tsl)

# ---- mbedTLS 4.x itself, for those who have its sources ----

if(MBEDTLS4)
    build(mbedtls4 ${MBEDTLS4} -DENABLE_TESTING=OFF -DENABLE_PROGRAMS=OFF -DCMAKE_INSTALL_PREFIX=${BUILD}/external)
    file(REMOVE_RECURSE ${BUILD}/external)
    run(${CMAKE_COMMAND} --install ${BUILD}/mbedtls4)
    installed(external -DCMAKE_PREFIX_PATH=${BUILD}/external)
    build(consumer-four ${consumer} -DWAY=package -DCONFIG=none -DCMAKE_PREFIX_PATH=${BUILD}/external)
    fetch(${BUILD}/consumer-four/consumer-tls)
endif()
