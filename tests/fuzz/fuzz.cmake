# SPDX-License-Identifier: MIT
# The fuzz targets, fuzz_NAME.c each. With MIDGE_FUZZ (preset fuzz: clang's libFuzzer) fuzz.py runs
# them on new inputs, suite fuzz. Without it they are plain programs that run once over the inputs
# kept in corpus/NAME.txt, suite vectors.

add_custom_target(fuzz-targets)

option(MIDGE_FUZZ "Link the fuzz targets with libFuzzer; the compiler's flags are the preset's" OFF)

file(GLOB fuzz_targets CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/fuzz_*.c)
if(NOT MIDGE_TLS STREQUAL owned) # the search for a path and servers of TLS are in owned builds only
    list(FILTER fuzz_targets EXCLUDE REGEX "certs|roots|_sim")
endif()
if(NOT TARGET midge-sim)
    list(FILTER fuzz_targets EXCLUDE REGEX "_sim")
endif()
set(fuzz_dir ${CMAKE_CURRENT_LIST_DIR})

if(MIDGE_FUZZ)
    midge_deps_find(libllhttp-source MIDGE_LLHTTP_DIR) # beside which fuzz_framing reads
    add_library(midge-llhttp STATIC ${MIDGE_LLHTTP_DIR}/src/api.c ${MIDGE_LLHTTP_DIR}/src/http.c
        ${MIDGE_LLHTTP_DIR}/src/llhttp.c)
    target_include_directories(midge-llhttp SYSTEM PUBLIC ${MIDGE_LLHTTP_DIR}/include)
    target_compile_options(midge-llhttp PRIVATE -w)
endif()

# midge_fuzz_target(SOURCE NAME)
function(midge_fuzz_target source name)
    add_executable(fuzz_${name} ${source})
    set_target_properties(fuzz_${name} PROPERTIES C_EXTENSIONS ON)
    target_compile_options(fuzz_${name} PRIVATE ${MIDGE_WARNINGS})
    target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/src
        ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/unit)
    target_link_libraries(fuzz_${name} PRIVATE midge m)
    file(STRINGS ${source} mentions REGEX "fake_(tls|core).h|client_run.h|<mbedtls/|io/tls|io/cert|io/root")
    if(mentions MATCHES "client_run|fake_core")
        target_link_libraries(fuzz_${name} PRIVATE PkgConfig::CMOCKA)
    endif()
    if(name STREQUAL dns) # the ports' part
        file(GLOB resolver CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/port/resolver/*.c)
        target_sources(fuzz_${name} PRIVATE ${resolver})
        target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/port)
    endif()
    if(name STREQUAL chat) # a program's part
        target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/boards)
    endif()
    if(mentions MATCHES "fake_tls")
        foreach(symbol open take_session session_free)
            target_link_options(fuzz_${name} PRIVATE LINKER:--wrap=midge__tls_${symbol})
        endforeach()
    endif()
    if(name STREQUAL certs) # whose signatures are never good
        target_link_options(fuzz_${name} PRIVATE LINKER:--wrap=mbedtls_pk_verify_ext)
    endif()
    if(mentions MATCHES "mbedtls/|io/" AND MIDGE_TLS STREQUAL owned)
        midge_mbedtls_headers(fuzz_${name} ${MIDGE_PROFILE})
    endif()
    add_dependencies(fuzz-targets fuzz_${name})
    if(name STREQUAL cli) # parts of the host program
        target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/boards)
        target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/boards/host)
        pkg_check_modules(IDN2 IMPORTED_TARGET libidn2)
        target_sources(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/boards/host/cli/glob.c
            ${PROJECT_SOURCE_DIR}/boards/host/cli/idn.c ${PROJECT_SOURCE_DIR}/boards/host/cli/keep.c
            ${PROJECT_SOURCE_DIR}/boards/host/idn/$<IF:$<BOOL:${IDN2_FOUND}>,idn2,none>.c)
        target_link_libraries(fuzz_${name} PRIVATE $<$<BOOL:${IDN2_FOUND}>:PkgConfig::IDN2>)
    endif()
    if(name STREQUAL proxy) # parts of the host program
        target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/boards/host)
        foreach(part proxy proxy_url addresses number percent)
            target_sources(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/boards/host/${part}.c)
        endforeach()
    endif()
    if(name STREQUAL log)
        target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/boards
            ${PROJECT_SOURCE_DIR}/boards/host ${PROJECT_SOURCE_DIR}/port/sim)
        target_sources(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/boards/host/cli/keep.c
            ${PROJECT_SOURCE_DIR}/boards/host/cli/log_read.c ${PROJECT_SOURCE_DIR}/boards/host/cli/log_run.c
            ${PROJECT_SOURCE_DIR}/boards/host/cli/har_hops.c)
    endif()
    if(name STREQUAL hpack) # beside which it reads header blocks
        if(MIDGE_FUZZ)
            pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2)
        else()
            pkg_check_modules(NGHTTP2 QUIET IMPORTED_TARGET libnghttp2)
        endif()
        if(NGHTTP2_FOUND)
            target_compile_definitions(fuzz_${name} PRIVATE FUZZ_NGHTTP2)
            target_link_libraries(fuzz_${name} PRIVATE PkgConfig::NGHTTP2)
        endif()
    endif()
    if(name MATCHES "_sim$")
        target_link_libraries(fuzz_${name} PRIVATE midge-sim)
    endif()
    set(corpus ${fuzz_dir}/corpus/${name}.txt)
    if(MIDGE_FUZZ)
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
        midge_test(fuzz.${name} fuzz 3600 /usr/bin/python3 ${fuzz_dir}/fuzz.py run $<TARGET_FILE:fuzz_${name}>)
    else()
        target_sources(fuzz_${name} PRIVATE ${fuzz_dir}/replay.c)
        midge_test(fuzz_${name} vectors 600 fuzz_${name} ${corpus})
    endif()
endfunction()

foreach(source IN LISTS fuzz_targets)
    get_filename_component(name ${source} NAME_WE)
    string(REPLACE "fuzz_" "" name ${name})
    midge_fuzz_target(${source} ${name})
endforeach()

# framing is compared with llhttp where that is at hand.
if(MIDGE_FUZZ)
    target_sources(fuzz_framing PRIVATE ${fuzz_dir}/oracle_llhttp.c)
    target_link_libraries(fuzz_framing PRIVATE midge-llhttp)
else()
    target_sources(fuzz_framing PRIVATE ${fuzz_dir}/oracle_none.c)
endif()
