# SPDX-License-Identifier: MIT
# A part of run.cmake: on lwIP with the user's options.
set(ENV{PKG_CONFIG_LIBDIR} ${BUILD}/no-packages) # no c-ares
foreach(way option target after sockets)
    build(consumer-lwip-${way} ${SOURCE}/tests/external/lwip -DWAY=${way} -DMIDGE_SOURCE=${SOURCE}
        -DLWIP=${LWIP} -DMIDGE_DEPS_DIR=${BUILD}/deps)
    run(${BUILD}/consumer-lwip-${way}/consumer-lwip)
endforeach()

# refused(SENTENCE DEFINITIONS…): with these beside the minimal lwipopts.h the compiler says SENTENCE,
# and of no other option.
function(refused sentence)
    execute_process(COMMAND ${COMPILER} -std=gnu11 -fsyntax-only ${ARGN}
        -isystem ${SOURCE}/tests/external/lwip -isystem ${SOURCE}/port/lwip_raw
        -isystem ${LWIP}/src/include
        -I${SOURCE}/include ${SOURCE}/port/lwip_raw/socket.c
        RESULT_VARIABLE failed OUTPUT_VARIABLE out ERROR_VARIABLE out)
    string(REPLACE ";" "," out "${out}")
    string(REGEX MATCHALL "error: [^\n]*(lwipopts.h|LWIP_HOOK_FILENAME): [^\n]*" said "${out}")
    list(LENGTH said n)
    if(sentence STREQUAL "" AND NOT failed)
        return()
    endif()
    string(FIND "${said}" "${sentence}" at)
    if(sentence STREQUAL "" OR NOT failed OR NOT n EQUAL 1 OR at LESS 0)
        message(FATAL_ERROR "lwipopts.h with ${ARGN}: not one sentence '${sentence}':\n${out}")
    endif()
endfunction()

if(NOT COMPILER)
    set(COMPILER cc)
endif()
message(STATUS "options of lwIP that are missing")
set(socks -DMIDGE_LWIP_SOCKS=3)
refused("" ${socks})
refused("define MIDGE_LWIP_SOCKS")
refused("set NO_SYS 1" ${socks} -DNO_SYS=0)
refused("set LWIP_TIMERS 1" ${socks} -DLWIP_TIMERS=0)
refused("set LWIP_TCP 1" ${socks} -DLWIP_TCP=0)
refused("set LWIP_CALLBACK_API 1" ${socks} -DLWIP_CALLBACK_API=0 -DLWIP_EVENT_API=1)
refused("set LWIP_WND_SCALE 0" ${socks} -DLWIP_WND_SCALE=1 -DTCP_RCV_SCALE=1)
refused("set LWIP_UDP 1" ${socks} -DLWIP_UDP=0)
refused("set LWIP_DNS 1" ${socks} -DLWIP_DNS=0)
refused("all three flags of LWIP_DNS_SECURE" ${socks} -DLWIP_DNS_SECURE=3)
refused("DNS_MAX_REQUESTS above DNS_TABLE_SIZE" ${socks} -DDNS_MAX_REQUESTS=5)
refused("include lwip_hooks.h" ${socks} "-DLWIP_HOOK_FILENAME=<lwip/arch.h>")
refused("set ARP_QUEUEING 1" ${socks} -DARP_QUEUEING=0)
refused("set ARP_QUEUE_LEN to" ${socks} -DARP_QUEUE_LEN=2)
refused("set MEMP_NUM_ARP_QUEUE to" ${socks} -DMEMP_NUM_ARP_QUEUE=2)
refused("MIDGE_LWIP_SOCKS must be 1 to 255" -DMIDGE_LWIP_SOCKS=0)
refused("the pbuf pool must hold the windows" -DMIDGE_LWIP_SOCKS=4)
refused("PBUF_POOL_BUFSIZE must hold" ${socks} -DPBUF_POOL_BUFSIZE=512)
refused("MIDGE_LWIP_RESERVE_PBUFS must be 1" ${socks} -DMIDGE_LWIP_RESERVE_PBUFS=0)
refused("MEM_SIZE, the heap" ${socks} -DMEM_SIZE=1024)
refused("MEMP_NUM_TCP_PCB must be larger" ${socks} -DMEMP_NUM_TCP_PCB=3)
refused("MEM_ALIGNMENT must be" ${socks} -DMEM_ALIGNMENT=1)
# The same limits with an lwIP that has room.
refused("" -DMIDGE_LWIP_SOCKS=4 -DPBUF_POOL_SIZE=18)
