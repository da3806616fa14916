# SPDX-License-Identifier: MIT
# The firmware of one board, MIDGE_BOARD, included by the top CMakeLists.txt. Each profile that the
# board can hold gives two images:
#
#   BOARD-PROFILE-qemu.elf          arguments, files and exit code by semihosting
#   BOARD-PROFILE.elf .bin .hex     for hardware: no semihosting in it
#
#   BOARD-least(-qemu).elf …        tiny, without all features that can be left out: common/least.c
#   mps2-an385-least-http2.elf      the same with HTTP/2, for tests/size
#   BOARD-PROFILE-conformance.elf   tests/conformance in place of the apps, in QEMU
#   mps2-an385-full-certs.elf       tests/certs in place of the apps
#   mps2-an385-full-torture.elf     tests/boards/torture.c, with memory that fails on demand
#   BOARD-PROFILE-bodies.elf        tests/boards/bodies.c, with bodies and state of all kinds
#   mps2-an385-full-all.elf         the apps with these features, names and midge's resolver: tokens
#                                   through gzip and a proxy, roots in flash
#   mps2-an385-full-ipv6.elf        common/least.c with IPv6
#   BOARD-PROFILE-events.elf        tests/boards/events.c, of mps2-an385 and lm3s6965evb with their
#                                   default profile
#   BOARD-PROFILE-trust.elf         tests/boards/trust.c, pins and the time, of the same
#   mps2-an385-full-update.elf      tests/boards/update.c, which loses power in updates; also for
#                                   lm3s6965evb, tiny
#   BOARD-PROFILE-wake.elf          tests/boards/wake.c, of the same two: sessions over resets
#   BOARD-PROFILE-streams.elf       tests/boards/streams.c, many requests on one connection of HTTP/2, of
#                                   mps2-an385, and of lm3s6965evb with small
#   BOARD-full-http2.elf            the apps with HTTP/2, of mps2-an385 and riscv-virt
#   nucleo-f767zi-start.elf         tests/boards/nucleo_start.c: the board's start on another chip
#   BOARD-PROFILE-by-file.elf       the hardware's image without link-time optimization of midge: its
#                                   map says which file takes how much (tests/size)
#
#   cmake --build build/BOARD --target flash-PROFILE      writes it, where openocd knows how;
#                                      flash: the default profile's
#
# boards/FOLDER/board.cmake sets BOARD_…: SOURCES, INCLUDES, DEFINITIONS, LINKER_SCRIPT,
# LINK_OPTIONS, PROFILES (the first is the default), BLOCK (bytes of midge's memory; it and
# DEFINITIONS also by profile: BLOCK_tiny), CONFIG_tiny (macros of midge/config.h for that profile;
# optional), STACK, QEMU (command without image), OPENOCD (config file; optional). It takes the
# shared sources from ${_common}, which is set here.

string(REGEX REPLACE "^mps[23]-an[0-9]+$" "mps2-an385" _folder ${MIDGE_BOARD}) # one family
set(MIDGE_BOARD_DIR ${CMAKE_CURRENT_LIST_DIR}/${_folder})
if(NOT EXISTS ${MIDGE_BOARD_DIR}/board.cmake)
    message(FATAL_ERROR "midge: no board '${MIDGE_BOARD}' in boards/")
endif()
if(NOT CMAKE_CROSSCOMPILING)
    message(FATAL_ERROR "midge: a board needs its toolchain: cmake --preset ${MIDGE_BOARD}")
endif()
if(MIDGE_BOARD STREQUAL mps2-an385-freertos)
    include(${CMAKE_CURRENT_LIST_DIR}/${MIDGE_BOARD}/board.cmake) # with an operating system
    return()
endif()
enable_language(ASM)
set(_common ${CMAKE_CURRENT_LIST_DIR}/common)
include(${MIDGE_BOARD_DIR}/board.cmake)
include(${PROJECT_SOURCE_DIR}/port/lwip.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/left_out.cmake)

set(MIDGE_BOARD_PROFILES ${BOARD_PROFILES} CACHE STRING "Profiles to build for the board")
set(MIDGE_BOARD_ARGS "posts" CACHE STRING "Words a hardware image starts with: its app and options")
set(MIDGE_BOARD_CA "" CACHE FILEPATH "Trusted roots of a hardware image, PEM or DER")

set(_includes ${CMAKE_CURRENT_LIST_DIR} ${MIDGE_BOARD_DIR} ${BOARD_INCLUDES})
file(GLOB _apps CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/apps/*.c)

# board_port(PROFILE [IPV6]): lwIP and its port, board-port-PROFILE or board-port-PROFILE-ipv6. The
# profile says how many connections there can be.
function(board_port profile)
    string(TOUPPER ${profile} name)
    string(TOLOWER "${profile}" suffix)
    if(ARGN)
        string(APPEND suffix -ipv6)
    endif()
    midge_lwip(board-lwip-${suffix} ${PROJECT_SOURCE_DIR}/port/lwip_raw ${ARGN})
    target_include_directories(board-lwip-${suffix} BEFORE PUBLIC ${MIDGE_BOARD_DIR})
    target_compile_definitions(board-lwip-${suffix} PUBLIC MIDGE_PROFILE_${name}=1)
    board_left_out(${profile})
    midge_lwip_port(board-port-${suffix} raw board-lwip-${suffix})
endfunction()

# Trusted roots of the hardware image, in flash.
set(_ca ${PROJECT_BINARY_DIR}/board_ca.S)
if(MIDGE_BOARD_CA)
    if(NOT EXISTS ${MIDGE_BOARD_CA})
        message(FATAL_ERROR "midge: MIDGE_BOARD_CA: there is no file ${MIDGE_BOARD_CA}")
    endif()
    file(WRITE ${_ca}.in ".incbin \"${MIDGE_BOARD_CA}\"\n")
else()
    file(WRITE ${_ca}.in "\n")
endif()
file(WRITE ${_ca}.head ".section .rodata.board_ca,\"a\"\n.global board_ca\n.global board_ca_end\nboard_ca:\n")
file(READ ${_ca}.head _a)
file(READ ${_ca}.in _b)
file(CONFIGURE OUTPUT ${_ca} CONTENT "${_a}${_b}board_ca_end:\n.byte 0\n" @ONLY)
file(REMOVE ${_ca}.in ${_ca}.head)
# CMake does not detect that the file of .incbin is a dependency.
set_source_files_properties(${_ca} PROPERTIES OBJECT_DEPENDS "${MIDGE_BOARD_CA}")
file(GLOB _scripts CONFIGURE_DEPENDS ${_common}/cpu/*.ld)

# NAME.bin and NAME.hex beside NAME.elf
function(board_formats name)
    foreach(format bin:binary hex:ihex)
        string(REGEX MATCH "^[^:]+" ending ${format})
        string(REGEX MATCH "[^:]+$" kind ${format})
        add_custom_command(TARGET ${name} POST_BUILD VERBATIM
            COMMAND ${CMAKE_OBJCOPY} -O ${kind} $<TARGET_FILE:${name}>
                ${PROJECT_BINARY_DIR}/${name}.${ending})
    endforeach()
endfunction()

set(MIDGE_BOARD_PRICES "" CACHE STRING "For tests/size: only images price-NAME.elf of the least \
firmware, NAME:FEATURE,…:FUNCTION,… each; the functions are linked")

# board_library(NAME PROFILE): midge as intermediate code, which the link optimizes as a whole, and as
# machine code for images that are linked without that. mbedTLS, which takes callbacks and is larger
# than one cache of a compiler's decisions, stays as it is. More arguments: features that stay.
function(board_library name profile)
    board_left_out(${profile})
    if(ARGN)
        list(REMOVE_ITEM MIDGE_WITHOUT ${ARGN})
    endif()
    midge_library(${name} ${profile})
    target_compile_options(${name} PRIVATE -flto -ffat-lto-objects)
    target_compile_definitions(${name} PUBLIC ${BOARD_CONFIG_${profile}})
endfunction()

# board_image(NAME LIBRARY PROFILE SERVICES APPS...): services semihost or standalone
function(board_image name library profile services)
    add_executable(${name} ${ARGN} ${_common}/main.c ${_common}/ca_file.c ${_common}/clocks.c ${_common}/keys.c ${_common}/lines.c ${_common}/typing.c
        ${_common}/services/${services}.c ${_common}/net/ipv6.c ${BOARD_SOURCES} ${_ca})
    set_target_properties(${name} PROPERTIES OUTPUT_NAME ${name}.elf
        RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}
        LINK_DEPENDS "${BOARD_LINKER_SCRIPT};${_scripts}")
    target_compile_options(${name} PRIVATE
        $<$<COMPILE_LANGUAGE:C>:${MIDGE_WARNINGS} -Wconversion -ffunction-sections -fdata-sections>)
    target_include_directories(${name} PRIVATE ${_includes})
    set(block ${BOARD_BLOCK})
    if(DEFINED BOARD_BLOCK_${profile})
        set(block ${BOARD_BLOCK_${profile}})
    endif()
    if(name MATCHES "-conformance$")
        set(block 1024) # it opens no client
    elseif(name MATCHES "-tiny-update$")
        set(block 28672) # its flash is RAM
    elseif(name MATCHES "-tiny-wake$")
        set(block 36864)
    elseif(name MATCHES "-tiny-log$")
        math(EXPR block "${block} - 4352") # the log
    endif()
    target_compile_definitions(${name} PRIVATE BOARD_BLOCK_BYTES=${block} ${BOARD_DEFINITIONS}
        ${BOARD_DEFINITIONS_${profile}}
        SERVICES_ARGS_TEXT="${MIDGE_BOARD_ARGS}")
    set(port board-port-${profile})
    if(name MATCHES "-full-ipv6$")
        string(APPEND port -ipv6)
    elseif(name MATCHES "-full-all$")
        set(port board-port-all)
    endif()
    target_link_libraries(${name} PRIVATE ${library} ${port})
    target_link_options(${name} PRIVATE -T ${BOARD_LINKER_SCRIPT} ${BOARD_LINK_OPTIONS}
        -Wl,--gc-sections -Wl,-Map=${PROJECT_BINARY_DIR}/${name}.map)
    if(name MATCHES "-by-file$")
        target_link_options(${name} PRIVATE -fno-lto)
        return()
    endif()
    target_link_options(${name} PRIVATE -flto-partition=one) # one piece: smaller, and always the same
    if(services STREQUAL standalone)
        board_formats(${name})
    endif()
endfunction()

set(_least ${PROJECT_SOURCE_DIR}/boards/examples/superloop.c ${_common}/least.c)

# board_price(PRICE): the least firmware with these features; price-sizes-NAME has sizes of structs.
function(board_price price)
    if(NOT price MATCHES "^([^:]+):([^:]*):([^:]*)$")
        message(FATAL_ERROR "midge: MIDGE_BOARD_PRICES has '${price}', not NAME:FEATURE,…:FUNCTION,…")
    endif()
    set(name ${CMAKE_MATCH_1})
    string(REPLACE "," ";" MIDGE_WITH "${CMAKE_MATCH_2}")
    string(REPLACE "," ";" functions "${CMAKE_MATCH_3}")
    set(MIDGE_WITHOUT all)
    list(SORT MIDGE_WITH)
    string(MD5 key "${MIDGE_WITH}")
    set(library midge-price-${key}) # of all images with these features
    if(NOT TARGET ${library})
        midge_library(${library} tiny)
    endif()
    board_image(price-${name} ${library} tiny semihost ${_least})
    list(TRANSFORM functions PREPEND "-Wl,-u,")
    target_link_options(price-${name} PRIVATE ${functions})
    add_library(price-sizes-${name} OBJECT ${PROJECT_SOURCE_DIR}/tests/size/sizes.c)
    target_include_directories(price-sizes-${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(price-sizes-${name} PRIVATE ${library})
endfunction()
if(MIDGE_BOARD_PRICES)
    board_port(tiny)
    foreach(price IN LISTS MIDGE_BOARD_PRICES)
        board_price(${price})
    endforeach()
    return()
endif()

# The features that tests/boards/bodies.c uses.
function(board_bodies profile)
    board_library(midge-${profile}-bodies ${profile} encodings expect gunzip hooks multipart proxy redirects
        retry root_table url_mending ${ARGN})
    board_image(${MIDGE_BOARD}-${profile}-bodies midge-${profile}-bodies ${profile} semihost
        ${PROJECT_SOURCE_DIR}/tests/boards/bodies.c ${PROJECT_SOURCE_DIR}/tests/boards/bodies_how.c)
endfunction()

# HTTP/2: the programs with it, and many requests at once.
function(board_http2 profile)
    set(name ${MIDGE_BOARD}-${profile})
    if(MIDGE_BOARD STREQUAL lm3s6965evb) # 64 KB, for as many requests as possible
        list(APPEND MIDGE_WITHOUT timings phase_deadlines redirects retry)
        set(BOARD_DEFINITIONS_small BOARD_CA_BYTES=704) # one root with an EC key
        set(BOARD_BLOCK_small ${BOARD_HTTP2_BLOCK_small})
        list(APPEND BOARD_LINK_OPTIONS -Wl,--defsym=BOARD_STACK_BYTES=3584)
    endif()
    board_library(midge-${profile}-http2 ${profile} http2)
    target_compile_definitions(midge-${profile}-http2 PUBLIC ${BOARD_HTTP2_CONFIG})
    if(profile STREQUAL full)
        board_image(${name}-http2 midge-${profile}-http2 ${profile} semihost ${_apps})
    endif()
    if(MIDGE_BOARD STREQUAL riscv-virt)
        return() # its clock does not say how long it slept
    endif()
    board_image(${name}-streams midge-${profile}-http2 ${profile} semihost
        ${PROJECT_SOURCE_DIR}/tests/boards/streams.c)
    target_link_options(${name}-streams PRIVATE -Wl,--wrap=hw_idle)
endfunction()

set(_conformance ${PROJECT_SOURCE_DIR}/tests/conformance)
file(GLOB _checks CONFIGURE_DEPENDS ${_conformance}/check_*.c)
foreach(profile IN LISTS MIDGE_BOARD_PROFILES)
    board_library(midge-${profile} ${profile})
    board_port(${profile})
    board_image(${MIDGE_BOARD}-${profile} midge-${profile} ${profile} standalone ${_apps})
    if(BOARD_QEMU)
        board_image(${MIDGE_BOARD}-${profile}-qemu midge-${profile} ${profile} semihost ${_apps})
        board_image(${MIDGE_BOARD}-${profile}-by-file midge-${profile} ${profile} standalone ${_apps})
        board_image(${MIDGE_BOARD}-${profile}-conformance midge-${profile} ${profile} semihost
            ${_conformance}/board.c ${_conformance}/conformance.c ${_checks})
    endif()
    if(MIDGE_BOARD STREQUAL mps2-an385 AND profile STREQUAL full)
        set(_certs ${PROJECT_SOURCE_DIR}/tests/certs)
        board_library(midge-full-faults full faults root_table)
        board_image(${MIDGE_BOARD}-full-certs midge-full-faults full semihost ${_certs}/board.c
            ${_certs}/judge.c ${_certs}/set.c)
        target_include_directories(${MIDGE_BOARD}-full-certs PRIVATE ${PROJECT_SOURCE_DIR}/src)
        board_image(${MIDGE_BOARD}-full-torture midge-full-faults full semihost
            ${PROJECT_SOURCE_DIR}/tests/boards/torture.c ${PROJECT_SOURCE_DIR}/tests/boards/pools.c)
        board_bodies(full names)
        midge_lwip_port(board-port-all raw board-lwip-full) # with midge's resolver
        board_image(${MIDGE_BOARD}-full-all midge-full-bodies full semihost ${_apps})
        board_port(full IPV6)
        board_library(midge-full-ipv6 full ipv6 happy_eyeballs)
        board_image(${MIDGE_BOARD}-full-ipv6 midge-full-ipv6 full semihost ${_least})
    elseif(MIDGE_BOARD STREQUAL lm3s6965evb AND profile STREQUAL tiny)
        board_bodies(tiny)
        target_compile_definitions(midge-tiny-bodies PUBLIC MIDGE_GUNZIP_WINDOW=12)
    endif()
    list(GET MIDGE_BOARD_PROFILES 0 _first)
    if(MIDGE_BOARD MATCHES "^(mps2-an385|lm3s6965evb)$" AND profile STREQUAL _first)
        board_library(midge-${profile}-events ${profile} event_source events)
        board_image(${MIDGE_BOARD}-${profile}-events midge-${profile}-events ${profile} semihost
            ${PROJECT_SOURCE_DIR}/tests/boards/events.c
            ${PROJECT_SOURCE_DIR}/boards/examples/subscriber.c)
        board_image(${MIDGE_BOARD}-${profile}-log midge-${profile}-events ${profile} semihost ${_apps})
        board_library(midge-${profile}-update ${profile} hooks retry update)
        board_image(${MIDGE_BOARD}-${profile}-update midge-${profile}-update ${profile} semihost
            ${PROJECT_SOURCE_DIR}/tests/boards/update.c)
        board_library(midge-${profile}-trust ${profile} pins)
        board_image(${MIDGE_BOARD}-${profile}-trust midge-${profile}-trust ${profile} semihost
            ${PROJECT_SOURCE_DIR}/tests/boards/trust.c ${PROJECT_SOURCE_DIR}/boards/examples/sntp.c
            ${PROJECT_SOURCE_DIR}/boards/examples/sntp_lwip.c)
        board_library(midge-${profile}-wake ${profile} session_store)
        board_image(${MIDGE_BOARD}-${profile}-wake midge-${profile}-wake ${profile} semihost
            ${PROJECT_SOURCE_DIR}/tests/boards/wake.c ${PROJECT_SOURCE_DIR}/boards/examples/wake.c)
        target_link_options(${MIDGE_BOARD}-${profile}-wake PRIVATE -Wl,--wrap=hw_idle)
    endif()
    if("${MIDGE_BOARD}-${profile}" MATCHES "^(mps2-an385-full|lm3s6965evb-small)$")
        board_library(midge-${profile}-own ${profile} credential key_id)
        board_image(${MIDGE_BOARD}-${profile}-own midge-${profile}-own ${profile} semihost
            ${PROJECT_SOURCE_DIR}/tests/boards/own.c ${PROJECT_SOURCE_DIR}/boards/examples/identity.c)
    endif()
    if("${MIDGE_BOARD}-${profile}" MATCHES "^(mps2-an385-.*|riscv-virt-full|lm3s6965evb-small)$")
        board_http2(${profile})
    endif()
    if(BOARD_OPENOCD)
        add_custom_target(flash-${profile} VERBATIM
            COMMAND openocd -f ${BOARD_OPENOCD} -c
                "program $<TARGET_FILE:${MIDGE_BOARD}-${profile}> verify reset exit"
            COMMENT "Flashing ${MIDGE_BOARD}-${profile}")
    endif()
endforeach()

include(${CMAKE_CURRENT_LIST_DIR}/examples/examples.cmake)
midge_examples(${MIDGE_BOARD}-examples)

# The start of the board in QEMU, as far as another chip's model takes it.
if(MIDGE_BOARD STREQUAL nucleo-f767zi AND TARGET midge-full)
    add_executable(${MIDGE_BOARD}-start ${PROJECT_SOURCE_DIR}/tests/boards/nucleo_start.c ${BOARD_SOURCES})
    set_target_properties(${MIDGE_BOARD}-start PROPERTIES OUTPUT_NAME ${MIDGE_BOARD}-start.elf
        RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR} LINK_DEPENDS "${BOARD_LINKER_SCRIPT};${_scripts}")
    target_compile_options(${MIDGE_BOARD}-start PRIVATE ${MIDGE_WARNINGS} -ffunction-sections -fdata-sections)
    target_include_directories(${MIDGE_BOARD}-start PRIVATE ${_includes})
    target_compile_definitions(${MIDGE_BOARD}-start PRIVATE ${BOARD_DEFINITIONS})
    target_link_libraries(${MIDGE_BOARD}-start PRIVATE midge-full board-port-full)
    target_link_options(${MIDGE_BOARD}-start PRIVATE -T ${BOARD_LINKER_SCRIPT} ${BOARD_LINK_OPTIONS}
        -Wl,--gc-sections,--wrap=stm32_usart_write -fno-lto)
endif()

function(board_least)
    set(MIDGE_WITHOUT all)
    board_library(midge-least tiny)
    board_image(${MIDGE_BOARD}-least-qemu midge-least tiny semihost ${_least})
    board_image(${MIDGE_BOARD}-least midge-least tiny standalone ${_least})
    board_image(${MIDGE_BOARD}-least-by-file midge-least tiny standalone ${_least})
endfunction()
function(board_least_http2)
    set(MIDGE_WITHOUT all)
    set(MIDGE_WITH http2 leaders replay sessions) # the last ones, since HTTP/2 needs them
    board_library(midge-least-http2 tiny)
    board_image(${MIDGE_BOARD}-least-http2 midge-least-http2 tiny standalone ${_least})
endfunction()
if("tiny" IN_LIST MIDGE_BOARD_PROFILES)
    board_least()
endif()
if(MIDGE_BOARD STREQUAL mps2-an385 AND "tiny" IN_LIST MIDGE_BOARD_PROFILES)
    board_least_http2()
endif()

if(BOARD_OPENOCD)
    list(GET MIDGE_BOARD_PROFILES 0 _default)
    add_custom_target(flash DEPENDS flash-${_default})
endif()
