# SPDX-License-Identifier: MIT
# port/bsd for MIDGE_PORT=bsd, and for projects and tests that compile it themselves:
#
#   midge_bsd_sources(OUT)   its files and the resolver's; on Linux with those of port/posix that are
#                            its defaults, and midge_posix_system_roots
#   MIDGE_BSD_SELECT         ON: they wait by select, not by poll
include_guard()
option(MIDGE_BSD_SELECT "port/bsd waits by select and not by poll" OFF)

function(midge_bsd_sources out)
    set(port ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/..)
    file(GLOB sources CONFIGURE_DEPENDS ${port}/bsd/*.c ${port}/resolver/*.c)
    if(MIDGE_BSD_SELECT)
        set_source_files_properties(${sources} PROPERTIES COMPILE_DEFINITIONS MIDGE_BSD_SELECT=1)
    endif()
    if(CMAKE_SYSTEM_NAME STREQUAL Linux)
        foreach(name clock entropy file roots sigpipe)
            list(APPEND sources ${port}/posix/${name}.c)
        endforeach()
    endif()
    set(${out} ${sources} PARENT_SCOPE)
endfunction()
