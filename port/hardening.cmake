# SPDX-License-Identifier: MIT
# The compiler's protections for the host program and for the library in it, with MIDGE_HARDEN:
#
#   midge_harden(TARGET)    objects, library or program
#
#   -fstack-protector-strong     an overwritten return address ends the program
#   -D_FORTIFY_SOURCE=2          calls of libc with a buffer of known size are checked
#   -fstack-clash-protection     a large frame touches each page, so that it cannot leap over the guard
#   -fcf-protection              indirect jumps reach only functions and labels that are meant (x86);
#                                -mbranch-protection on AArch64
#   PIE, RELRO, BIND_NOW         addresses differ from run to run; the tables of the linker are read-only
#
# tests/net/test_hardening.py looks for them in the program. Sanitizers replace them.
include_guard()
include(CheckPIESupported)

if(CMAKE_C_FLAGS MATCHES "-fsanitize" OR NOT MIDGE_PORT STREQUAL posix)
    set(MIDGE_HARDEN OFF)
endif()
if(MIDGE_HARDEN)
    check_pie_supported(LANGUAGES C)
endif()

set(_midge_hardening -fstack-protector-strong -fstack-clash-protection
    $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64|i[3-6]86)$")
    list(APPEND _midge_hardening -fcf-protection=full)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    list(APPEND _midge_hardening -mbranch-protection=standard)
endif()

function(midge_harden target)
    if(NOT MIDGE_HARDEN)
        return()
    endif()
    target_compile_options(${target} PRIVATE ${_midge_hardening})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL EXECUTABLE)
        set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
        target_link_options(${target} PRIVATE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
    endif()
endfunction()
