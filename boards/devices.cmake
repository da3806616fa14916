# SPDX-License-Identifier: MIT
# The devices of `midge --device NAME`.
#
#   midge_device_rows(TARGET [BOARD-PROFILE])   TARGET knows all devices (boards/host/device.h), that one
#                                               as its image with HTTP/2
#
# With MIDGE_DEVICES there is also a program of 32 bits for each board and profile,
# midge-BOARD-PROFILE beside `midge`, with the profile, features, macros and sizes of the board's
# image. For each of MIDGE_DEVICES_HTTP2 there is midge-BOARD-PROFILE-http2, too, with the block and
# record size of the board's image with HTTP/2. Such a program needs another compilation of everything, so it is a build of its own: this project once more, with
# MIDGE_DEVICE_BOARDS. Arm's compiler takes the shortest integer for an enum
# and RISC-V's an int, so there is a build for each of them.
include_guard()
include(${CMAKE_CURRENT_LIST_DIR}/left_out.cmake)

set(_devices ${CMAKE_CURRENT_LIST_DIR})
set(_short_enums mps2-an385 lm3s6965evb) # whose compiler has them
set(_int_enums riscv-virt)
set(_core_riscv-virt riscv)
set(_also_mps2-an385 "mps2-an386 mps2-an500 mps2-an505 mps2-an521 mps3-an524 mps3-an547")

# The board's variables (boards.cmake), in the caller's scope.
macro(_midge_device_board board)
    set(MIDGE_BOARD ${board})
    set(_common ${_devices}/common)
    foreach(_name BLOCK_full BLOCK_small BLOCK_tiny CONFIG_full CONFIG_small CONFIG_tiny
        HTTP2_CONFIG HTTP2_BLOCK_full HTTP2_BLOCK_small HTTP2_BLOCK_tiny)
        unset(BOARD_${_name})
    endforeach()
    include(${_devices}/${board}/board.cmake)
endmacro()

function(_midge_device_row name board profile)
    if(TARGET device-row-${name})
        return()
    endif()
    add_library(device-row-${name} OBJECT ${_devices}/host/device/row.c)
    set(block ${BOARD_BLOCK})
    if(DEFINED BOARD_BLOCK_${profile})
        set(block ${BOARD_BLOCK_${profile}})
    endif()
    if(name MATCHES "-http2$" AND DEFINED BOARD_HTTP2_BLOCK_${profile})
        set(block ${BOARD_HTTP2_BLOCK_${profile}})
    endif()
    list(GET BOARD_PROFILES 0 first)
    set(is_default 0)
    if(first STREQUAL profile)
        set(is_default 1)
    endif()
    set(core arm)
    if(DEFINED _core_${board})
        set(core ${_core_${board}})
    endif()
    string(MAKE_C_IDENTIFIER device_row_${name} row)
    string(TOUPPER ${profile} macro)
    target_compile_definitions(device-row-${name} PRIVATE MIDGE_PROFILE_${macro}=1
        ${BOARD_CONFIG_${profile}} BOARD_BLOCK_BYTES=${block} DEVICE_ROW=${row}
        DEVICE_BOARD="${board}" DEVICE_PROFILE="${profile}" DEVICE_ALSO="${_also_${board}}"
        DEVICE_DEFAULT=${is_default} DEVICE_SPEED=DEVICE_SPEED_${core})
    target_include_directories(device-row-${name} PRIVATE ${_devices}/${board} ${_devices}
        ${PROJECT_SOURCE_DIR}/port/lwip_raw ${PROJECT_SOURCE_DIR}/include)
    target_compile_options(device-row-${name} PRIVATE ${MIDGE_WARNINGS})
endfunction()

function(midge_device_rows target)
    set(file device_rows.c)
    set(externs "")
    set(rows "")
    foreach(board IN LISTS _short_enums _int_enums)
        _midge_device_board(${board})
        foreach(profile IN LISTS BOARD_PROFILES)
            set(name ${board}-${profile})
            if(name STREQUAL "${ARGN}")
                string(APPEND name -http2)
                set(file device_rows_${name}.c)
            endif()
            _midge_device_row(${name} ${board} ${profile})
            target_sources(${target} PRIVATE $<TARGET_OBJECTS:device-row-${name}>)
            string(MAKE_C_IDENTIFIER device_row_${name} row)
            string(APPEND externs "extern const struct device ${row};\n")
            string(APPEND rows "    &${row},\n")
        endforeach()
    endforeach()
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/${file} @ONLY CONTENT
        "#include \"host/device.h\"\n\n${externs}
const struct device *const device_rows[] = {\n${rows}    NULL,\n};\n")
    target_sources(${target} PRIVATE ${PROJECT_BINARY_DIR}/${file})
endfunction()

# ---- a build of programs of 32 bits ----------------------------------------------------------------

# Debian's gcc-multilib, which has the kernel's headers for 32 bits, can't be installed beside cross
# compilers; gcc-VERSION-multilib can, and the headers for 64 bits are the same. Without PIE as on the
# boards: on i386 it takes a register, and so other blocks. time_t has 64 bits as there.
set(_bits "-m32 -fno-pie -malign-double -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -idirafter /usr/include/x86_64-linux-gnu")

# The build of these boards' programs, by target `devices`.
function(_midge_device_build kind flags)
    include(ExternalProject)
    string(REPLACE ";" "|" boards "${ARGN}")
    string(REPLACE ";" "|" http2 "${MIDGE_DEVICES_HTTP2}")
    ExternalProject_Add(midge-devices-${kind}
        SOURCE_DIR ${PROJECT_SOURCE_DIR}
        BINARY_DIR ${PROJECT_BINARY_DIR}/devices/${kind}
        PREFIX ${PROJECT_BINARY_DIR}/devices/${kind}-steps
        LIST_SEPARATOR |
        CMAKE_ARGS -DMIDGE_DEVICE_BOARDS=${boards} -DMIDGE_DEVICE_FOLDER=${PROJECT_BINARY_DIR}
            -DMIDGE_DEVICES_HTTP2=${http2}
            -DMIDGE_PORT=none -DMIDGE_PROGRAM=OFF -DMIDGE_TESTS=OFF -DMIDGE_INSTALL=OFF -DMIDGE_SIM=ON
            -DMIDGE_WERROR=${MIDGE_WERROR} -DMIDGE_DEPS_DIR=${MIDGE_DEPS_DIR}
            -DCMAKE_C_COMPILER=${CMAKE_C_COMPILER} -DCMAKE_BUILD_TYPE=MinSizeRel
            "-DCMAKE_C_FLAGS_MINSIZEREL=-Os -g" "-DCMAKE_C_FLAGS=${_bits} ${flags}"
            -DCMAKE_EXE_LINKER_FLAGS=-no-pie -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
        BUILD_ALWAYS ON
        INSTALL_COMMAND "")
endfunction()

# After midge_device_rows.
function(midge_device_builds)
    foreach(name IN LISTS MIDGE_DEVICES_HTTP2)
        if(NOT TARGET device-row-${name})
            message(FATAL_ERROR "midge: MIDGE_DEVICES_HTTP2: there is no device '${name}'")
        endif()
    endforeach()
    _midge_device_build(arm -fshort-enums ${_short_enums})
    _midge_device_build(riscv "" ${_int_enums})
    add_custom_target(devices DEPENDS midge-devices-arm midge-devices-riscv)
endfunction()

# ---- in that build ---------------------------------------------------------------------------------

# What these targets and the apps execute is counted, by kind of work.
function(_midge_device_count)
    foreach(target IN LISTS ARGN)
        get_target_property(is_counted ${target} DEVICE_COUNTED)
        if(NOT is_counted)
            target_compile_options(${target} PRIVATE -fsanitize-coverage=trace-pc
                -include ${_devices}/host/device/count.h)
            set_target_properties(${target} PROPERTIES DEVICE_COUNTED ON)
        endif()
    endforeach()
endfunction()
function(_midge_device_works)
    set(library ${MIDGE_MBEDTLS_DIR}/library)
    file(GLOB math ${library}/bignum*.c ${library}/ecp*.c)
    file(GLOB cipher ${library}/aes*.c ${library}/gcm.c ${library}/sha*.c ${library}/md.c)
    file(GLOB apps ${_devices}/apps/*.c)
    set_source_files_properties(${math} PROPERTIES COMPILE_DEFINITIONS DEVICE_COUNT=math)
    set_source_files_properties(${cipher} PROPERTIES COMPILE_DEFINITIONS DEVICE_COUNT=cipher)
    set_source_files_properties(${apps} PROPERTIES COMPILE_OPTIONS
        -fsanitize-coverage=trace-pc)
endfunction()

# With HTTP2: the program that has it.
function(_midge_device_program board profile)
    set(own ${board}-${profile})
    set(name ${own})
    set(http2 0)
    set(row "")
    board_left_out(${profile})
    if("HTTP2" IN_LIST ARGN)
        string(APPEND name -http2)
        set(http2 1)
        set(row ${own})
        list(REMOVE_ITEM MIDGE_WITHOUT http2)
        list(APPEND BOARD_CONFIG_${profile} ${BOARD_HTTP2_CONFIG})
    endif()
    list(REMOVE_ITEM MIDGE_WITHOUT faults hooks) # --fail-alloc; -e URL;auto, -b
    midge_library(midge-${name} ${profile})
    _midge_device_count(midge-${name} midge-mbedtls-${profile} midge-cjson)
    target_compile_definitions(midge-${name} PUBLIC ${BOARD_CONFIG_${profile}})
    midge_sim_library(midge-${name}-sim midge-${name})
    file(GLOB port CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/port/posix/*.c)
    list(FILTER port EXCLUDE REGEX "/dns(_order)?\\.c$")
    file(GLOB sources CONFIGURE_DEPENDS ${_devices}/host/*.c ${_devices}/host/cli/*.c
        ${_devices}/host/device/*.c ${_devices}/host/idn/none.c ${_devices}/host/suffix/none.c ${_devices}/apps/*.c)
    list(FILTER sources EXCLUDE REGEX "/host/resolver\\.c$|/device/row\\.c$|/device/no_count\\.c$")
    add_executable(${name} ${sources} ${port} ${PROJECT_SOURCE_DIR}/port/posix/no_dns/no_dns.c)
    set_target_properties(${name} PROPERTIES OUTPUT_NAME midge-${name}
        RUNTIME_OUTPUT_DIRECTORY ${MIDGE_DEVICE_FOLDER})
    target_compile_options(${name} PRIVATE ${MIDGE_WARNINGS} -include ${_devices}/host/device/abi.h)
    target_compile_definitions(${name} PRIVATE DEVICE_OWN="${own}" DEVICE_HTTP2=${http2})
    target_include_directories(${name} PRIVATE ${_devices})
    target_link_libraries(${name} PRIVATE midge-${name} midge-${name}-sim)
    target_link_options(${name} PRIVATE -Wl,--gc-sections)
    midge_device_rows(${name} ${row})
endfunction()

function(midge_device_programs)
    _midge_device_works()
    foreach(board IN LISTS MIDGE_DEVICE_BOARDS)
        _midge_device_board(${board})
        foreach(profile IN LISTS BOARD_PROFILES)
            _midge_device_program(${board} ${profile})
            if("${board}-${profile}" IN_LIST MIDGE_DEVICES_HTTP2)
                _midge_device_program(${board} ${profile} HTTP2)
            endif()
        endforeach()
    endforeach()
endfunction()
