# SPDX-License-Identifier: MIT
# The set of certificates, judged by midge's TLS client without a socket: ctest certs, certs-small and
# certs-tiny; and in whole requests to simulated servers: certs-sim.
set(_certs ${CMAKE_CURRENT_LIST_DIR})
function(certs_test library name suite)
    cmake_parse_arguments(arg "" "" "SOURCES;SET" ${ARGN})
    add_executable(${name} ${arg_SOURCES} ${_certs}/set.c)
    target_compile_options(${name} PRIVATE ${MIDGE_WARNINGS} -Wconversion)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${name} PRIVATE ${library})
    midge_test(${name} ${suite} 1200 /usr/bin/python3 ${_certs}/set.py ${arg_SET}
        --run $<TARGET_FILE:${name}>)
endfunction()

set(_judge SOURCES ${_certs}/desktop.c ${_certs}/judge.c SET --tables)
if(MIDGE_PROFILE STREQUAL full)
    certs_test(midge certs unit ${_judge} --all)
else()
    certs_test(midge certs unit ${_judge} --profile ${MIDGE_PROFILE})
endif()
foreach(profile small tiny)
    if(TARGET midge-${profile})
        certs_test(midge-${profile} certs-${profile} unit ${_judge} --profile ${profile})
    endif()
endforeach()
if(MIDGE_SIM_TLS_OBJECT AND MIDGE_PROFILE STREQUAL full)
    certs_test(midge-sim certs-sim sim SOURCES ${_certs}/sim.c SET --all --tables)
endif()
