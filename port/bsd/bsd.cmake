# SPDX-License-Identifier: MIT
# port/bsd for MIDGE_PORT=bsd, and for projects and tests that compile it themselves:
#
#   midge_bsd_sources(OUT)   its files and the resolver's; on Linux with those of port/posix that are
#                            its defaults, and midge_posix_system_roots
#   MIDGE_BSD_SELECT         ON: it waits by select, not by poll; for MIDGE_PORT=bsd
include_guard()

function(midge_bsd_sources out)
    set(port ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/..)
    file(GLOB sources CONFIGURE_DEPENDS ${port}/bsd/*.c ${port}/resolver/*.c)
    if(CMAKE_SYSTEM_NAME STREQUAL Linux)
        foreach(name clock entropy file roots sigpipe)
            list(APPEND sources ${port}/posix/${name}.c)
        endforeach()
    endif()
    set(${out} ${sources} PARENT_SCOPE)
endfunction()
