# SPDX-License-Identifier: MIT
# The board mps2-an385 with FreeRTOS and port/lwip_sockets, in place of boards.cmake, whose boards
# have no operating system. Its images, with the programs of boards/apps and the load of mixed.c:
#
#   mps2-an385-freertos-full-qemu.elf         LWIP_TCPIP_CORE_LOCKING 1
#   mps2-an385-freertos-full-unlocked.elf     LWIP_TCPIP_CORE_LOCKING 0
#   mps2-an385-freertos-full-conformance.elf  as the first, tests/conformance in place of the apps
#
# FreeRTOS' kernel is found as the other dependencies are (port/deps.cmake).
enable_language(ASM)
set(_common ${CMAKE_CURRENT_LIST_DIR}/../common)
set(_mps2 ${CMAKE_CURRENT_LIST_DIR}/../mps2-an385)
set(_rtos_here ${CMAKE_CURRENT_LIST_DIR})
include(${PROJECT_SOURCE_DIR}/port/lwip.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/../left_out.cmake)
midge_deps_find(freertos MIDGE_FREERTOS_DIR)

# The machine's row: mps2-an385's.
set(_board ${MIDGE_BOARD})
set(MIDGE_BOARD mps2-an385)
include(${_mps2}/machines.cmake)
set(MIDGE_BOARD ${_board})

# --- The kernel ---

set(_kernel ${MIDGE_FREERTOS_DIR}/Source)
add_library(freertos STATIC ${_kernel}/tasks.c ${_kernel}/queue.c ${_kernel}/list.c
    ${_kernel}/portable/GCC/ARM_CM3/port.c ${_kernel}/portable/MemMang/heap_4.c)
target_include_directories(freertos PUBLIC ${_rtos_here})
target_include_directories(freertos SYSTEM PUBLIC ${_kernel}/include ${_kernel}/portable/GCC/ARM_CM3)
target_compile_options(freertos PRIVATE -w -ffunction-sections -fdata-sections)
set_target_properties(freertos PROPERTIES C_EXTENSIONS ON)

# --- midge: full, with the features of the boards' programs and midge's resolver ---

set(MIDGE_WITH resolver)
board_left_out(full)
midge_library(midge-full full)

# --- lwIP and the port, with or without core locking ---

function(freertos_port suffix core_locking)
    set(lwip freertos-lwip-${suffix})
    midge_lwip(${lwip} ${_rtos_here})
    target_sources(${lwip} PRIVATE ${MIDGE_LWIP_DIR}/contrib/ports/freertos/sys_arch.c
        ${MIDGE_LWIP_DIR}/contrib/addons/tcp_isn/tcp_isn.c
        ${MIDGE_LWIP_DIR}/src/netif/ppp/polarssl/md5.c)
    # tcp_isn uses the MD5 of PPP, which is off.
    set_source_files_properties(${MIDGE_LWIP_DIR}/src/netif/ppp/polarssl/md5.c PROPERTIES
        COMPILE_DEFINITIONS "PPP_SUPPORT=1;LWIP_INCLUDED_POLARSSL_MD5=1")
    target_include_directories(${lwip} SYSTEM PUBLIC
        ${MIDGE_LWIP_DIR}/contrib/ports/freertos/include ${MIDGE_LWIP_DIR}/contrib/addons/tcp_isn)
    target_compile_definitions(${lwip} PUBLIC LWIP_TCPIP_CORE_LOCKING=${core_locking})
    target_link_libraries(${lwip} PUBLIC freertos)
    midge_lwip_port(freertos-port-${suffix} sockets ${lwip})
endfunction()

# --- An image: the board, and programs on one of the ports ---

file(GLOB _apps CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/boards/apps/*.c)
file(GLOB _sources CONFIGURE_DEPENDS ${_rtos_here}/*.c)
list(APPEND _sources ${PROJECT_SOURCE_DIR}/boards/examples/rtos_thread.c
    ${_mps2}/board.c ${_common}/net/lan9118.c ${_common}/console/cmsdk_uart.c ${_common}/typing.c
    ${_common}/ca_file.c ${_common}/clocks.c ${_common}/lines.c ${_common}/cpu/systick.c ${_common}/cpu/cortexm_start.c ${_common}/cpu/cortexm_libc.c
    ${_common}/cpu/fault.c ${_common}/services/semihost.c ${_common}/services/words.c)
# The tick's interrupt is the kernel's; its hook calls the clock's.
set_source_files_properties(${_common}/cpu/systick.c PROPERTIES
    COMPILE_DEFINITIONS systick_interrupt=systick_count)

function(freertos_image suffix port)
    set(image ${MIDGE_BOARD}-full-${suffix})
    add_executable(${image} ${_sources} ${ARGN})
    set_target_properties(${image} PROPERTIES OUTPUT_NAME ${image}.elf
        RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR} LINK_DEPENDS ${_mps2}/link.ld)
    target_compile_options(${image} PRIVATE
        $<$<COMPILE_LANGUAGE:C>:${MIDGE_WARNINGS} -Wconversion -ffunction-sections -fdata-sections>)
    target_include_directories(${image} PRIVATE ${PROJECT_SOURCE_DIR}/boards)
    target_compile_definitions(${image} PRIVATE MACHINE_NAME="${MIDGE_BOARD}"
        MACHINE_UART=${MACHINE_UART} MACHINE_ETHERNET=${MACHINE_ETHERNET} MACHINE_HZ=${MACHINE_HZ}
        SEMIHOST_LINE_BYTES=4096 SERVICES_ARGS=64)
    target_link_libraries(${image} PRIVATE midge-full freertos-port-${port})
    # The stack of the linker script is that of interrupts; each task has its own.
    target_link_options(${image} PRIVATE -T ${_mps2}/link.ld -L${_common}/cpu
        -Wl,--defsym=BOARD_FLASH=${MACHINE_FLASH} -Wl,--defsym=BOARD_FLASH_BYTES=${MACHINE_FLASH_SIZE}
        -Wl,--defsym=BOARD_RAM=${MACHINE_RAM} -Wl,--defsym=BOARD_RAM_BYTES=${MACHINE_RAM_SIZE}
        -Wl,--defsym=BOARD_STACK_BYTES=2048 -Wl,--print-memory-usage -Wl,--gc-sections
        -Wl,-Map=${PROJECT_BINARY_DIR}/${image}.map)
endfunction()

freertos_port(locked 1)
freertos_port(unlocked 0)
freertos_image(qemu locked ${_apps})
freertos_image(unlocked unlocked ${_apps})
set(_conformance ${PROJECT_SOURCE_DIR}/tests/conformance)
file(GLOB _checks CONFIGURE_DEPENDS ${_conformance}/check_*.c)
freertos_image(conformance locked ${_conformance}/board.c ${_conformance}/conformance.c ${_checks})
