/* SPDX-License-Identifier: MIT */
/* Frames between lwIP's buffers and the chip. A frame for which there is no buffer is dropped. */
#include "w5500_netif.h"
#include "common/net/ethernet_netif.h"

#include <string.h>

#include <lwip/pbuf.h>
#include <lwip/stats.h>
#include <netif/ethernet.h>

#define FRAMES_A_POLL 8
#define LINK_MS       100u

static struct w5500 chip;
static uint32_t link_asked_ms;

/* A pbuf's bytes behind the padding, of which *skip bytes are left to skip. */
static uint8_t *behind_padding(const struct pbuf *p, size_t *skip, size_t *len)
{
    const size_t skipped = *skip < p->len ? *skip : p->len;
    *skip -= skipped;
    *len = p->len - skipped;
    return (uint8_t *)p->payload + skipped;
}

static err_t send_frame(struct netif *netif, struct pbuf *frame)
{
    size_t skip = ETH_PAD_SIZE, len;
    (void)netif;
    if (!w5500_begin(&chip, (size_t)frame->tot_len - ETH_PAD_SIZE)) {
        LINK_STATS_INC(link.memerr);
        return ERR_MEM;
    }
    for (const struct pbuf *p = frame; p != NULL; p = p->next) {
        const uint8_t *bytes = behind_padding(p, &skip, &len);
        w5500_write(&chip, bytes, len);
    }
    if (!w5500_send(&chip)) {
        return ERR_IF;
    }
    LINK_STATS_INC(link.xmit);
    return ERR_OK;
}

static void receive(struct netif *netif, size_t len)
{
    struct pbuf *frame = pbuf_alloc(PBUF_RAW, (u16_t)(len + ETH_PAD_SIZE), PBUF_POOL);
    size_t skip = ETH_PAD_SIZE, n;
    for (struct pbuf *p = frame; p != NULL; p = p->next) {
        uint8_t *bytes = behind_padding(p, &skip, &n);
        w5500_read(&chip, bytes, n);
    }
    w5500_taken(&chip);
    if (frame == NULL) {
        chip.dropped++;
        LINK_STATS_INC(link.memerr);
    } else if (netif->input(frame, netif) != ERR_OK) {
        chip.dropped++;
        pbuf_free(frame);
    }
}

static void follow_link(struct netif *netif, uint32_t now_ms)
{
    if (now_ms - link_asked_ms < LINK_MS) {
        return;
    }
    link_asked_ms = now_ms;
    const bool up = w5500_link(&chip);
    if (up && !netif_is_link_up(netif)) {
        netif_set_link_up(netif);
    } else if (!up && netif_is_link_up(netif)) {
        netif_set_link_down(netif);
    }
}

void w5500_netif_poll(struct netif *netif, uint32_t now_ms)
{
    size_t len;
    follow_link(netif, now_ms);
    w5500_acknowledge(&chip);
    for (int n = 0; n < FRAMES_A_POLL && (len = w5500_take(&chip)) > 0; n++) {
        receive(netif, len);
    }
}

err_t w5500_netif_start(struct netif *netif, const struct w5500_bus *bus, const uint8_t mac[6])
{
    if (!w5500_start(&chip, bus, mac, LWIP_IPV6 || LWIP_IGMP)) {
        return ERR_IF;
    }
    ethernet_netif(netif, mac, send_frame);
    return ERR_OK;
}
