# SPDX-License-Identifier: MIT
# The set of certificates, judged by midge's TLS client without a socket: ctest certs, certs-small and
# certs-tiny.
set(_certs ${CMAKE_CURRENT_LIST_DIR})
function(certs_test library name)
    add_executable(${name} ${_certs}/desktop.c ${_certs}/judge.c)
    target_compile_options(${name} PRIVATE ${MIDGE_WARNINGS} -Wconversion)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${name} PRIVATE ${library})
    midge_test(${name} unit 1200 /usr/bin/python3 ${_certs}/set.py ${ARGN} --run $<TARGET_FILE:${name}>)
endfunction()

if(MIDGE_PROFILE STREQUAL full)
    certs_test(midge certs --all)
else()
    certs_test(midge certs --profile ${MIDGE_PROFILE})
endif()
foreach(profile small tiny)
    if(TARGET midge-${profile})
        certs_test(midge-${profile} certs-${profile} --profile ${profile})
    endif()
endforeach()
