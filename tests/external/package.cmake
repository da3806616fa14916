# SPDX-License-Identifier: MIT
# A part of run.cmake: the Debian packages, unpacked in a folder; a program on the shared library.
file(REMOVE_RECURSE ${BUILD}/unpacked)
build(package ${SOURCE} -DMIDGE_SHARED=ON -DMIDGE_TESTS=OFF -DMIDGE_DEPS_DIR=${BUILD}/deps)
file(GLOB old ${BUILD}/package/*.deb)
file(REMOVE ${old} ${BUILD}/none)
execute_process(COMMAND cpack WORKING_DIRECTORY ${BUILD}/package RESULT_VARIABLE failed OUTPUT_VARIABLE out
    ERROR_VARIABLE out)
file(GLOB packages ${BUILD}/package/*.deb)
list(LENGTH packages n)
if(failed OR NOT n EQUAL 3)
    message(FATAL_ERROR "cpack made ${n} packages of 3:\n${out}")
endif()
foreach(package IN LISTS packages)
    run(dpkg-deb -x ${package} ${BUILD}/unpacked)
endforeach()

# The library shows midge's public functions and cJSON's, nothing of mbedTLS or zlib.
run(nm -D --defined-only ${BUILD}/unpacked/usr/lib/libmidge.so OUTPUT symbols)
string(REGEX REPLACE "[^\n]* (midge_[a-z0-9_]+|cJSON_[A-Za-z0-9_]+)@@MIDGE_[0-9.]+\n" "" others "${symbols}")
string(REGEX REPLACE "[^\n]* A MIDGE_[0-9.]+\n" "" others "${others}")
if(others OR NOT symbols MATCHES " T midge_open@@" OR NOT symbols MATCHES " T midge__await@@"
        OR symbols MATCHES " T midge__memory")
    message(FATAL_ERROR "libmidge.so shows too much or too little:\n${others}\n${symbols}")
endif()

# The manual page has each option of the help.
run(${BUILD}/unpacked/usr/bin/midge --help OUTPUT help)
file(READ ${BUILD}/unpacked/usr/share/man/man1/midge.1 manual)
string(REPLACE "\\-" "-" manual "${manual}")
string(REGEX MATCHALL "\n  [^\n]*--[a-z][a-z0-9.-]*[a-z0-9]" lines "${help}")
list(LENGTH lines n)
if(n LESS 50)
    message(FATAL_ERROR "the help has ${n} options")
endif()
foreach(line IN LISTS lines)
    string(REGEX MATCH "--[a-z][a-z0-9.-]*[a-z0-9]" option "${line}")
    string(FIND "${manual}" "${option}" at)
    if(at LESS 0)
        message(FATAL_ERROR "the manual page has no ${option}")
    endif()
endforeach()
run(bash -c "PATH=${BUILD}/unpacked/usr/bin:$PATH
    . ${BUILD}/unpacked/usr/share/bash-completion/completions/midge
    complete() { COMP_CWORD=$(($# - 1)) COMP_WORDS=(\"$@\") && _midge && echo \"\${COMPREPLY[@]}\" && return 0
    }
    complete midge --waterf
    complete midge app chat --mod" OUTPUT words)
if(NOT words STREQUAL "--waterfall\n--model\n")
    message(FATAL_ERROR "bash completes to: ${words}")
endif()

set(ENV{PKG_CONFIG_PATH} ${BUILD}/unpacked/usr/lib/pkgconfig)
build(consumer-package ${SOURCE}/tests/external/installed -DCMAKE_PREFIX_PATH=${BUILD}/unpacked/usr)
run(readelf -d ${BUILD}/consumer-package/consumer-shared OUTPUT needs)
if(NOT needs MATCHES "NEEDED[^\n]*libmidge\\.so\\.[0-9]+\\.[0-9]+\\]")
    message(FATAL_ERROR "consumer-shared does not need libmidge.so:\n${needs}")
endif()
fetch(${BUILD}/consumer-package/consumer-shared ${BUILD}/consumer-package/consumer-cmake)
