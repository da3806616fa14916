/* SPDX-License-Identifier: MIT */
#include "pins.h"

#include "stm32f767.h"

#define MODE_OUTPUT    1u
#define MODE_ALTERNATE 2u
#define SPEED_LOW      0u
#define SPEED_HIGHEST  3u /* RMII has 50 MHz */
#define AF_USART       7u
#define AF_ETHERNET    11u

struct pin {
    uint8_t port, number, mode, speed, function;
};

/* PA1 REF_CLK, PA2 MDIO, PA7 CRS_DV, PB13 TXD1, PC1 MDC, PC4 RXD0, PC5 RXD1, PG11 TX_EN, PG13 TXD0;
   PD8 and PD9 to the ST-LINK; PB0, PB7 and PB14 the LEDs. */
static const struct pin pins[] = {
    {GPIO_A, 1, MODE_ALTERNATE, SPEED_HIGHEST, AF_ETHERNET},
    {GPIO_A, 2, MODE_ALTERNATE, SPEED_HIGHEST, AF_ETHERNET},
    {GPIO_A, 7, MODE_ALTERNATE, SPEED_HIGHEST, AF_ETHERNET},
    {GPIO_B, 13, MODE_ALTERNATE, SPEED_HIGHEST, AF_ETHERNET},
    {GPIO_C, 1, MODE_ALTERNATE, SPEED_HIGHEST, AF_ETHERNET},
    {GPIO_C, 4, MODE_ALTERNATE, SPEED_HIGHEST, AF_ETHERNET},
    {GPIO_C, 5, MODE_ALTERNATE, SPEED_HIGHEST, AF_ETHERNET},
    {GPIO_G, 11, MODE_ALTERNATE, SPEED_HIGHEST, AF_ETHERNET},
    {GPIO_G, 13, MODE_ALTERNATE, SPEED_HIGHEST, AF_ETHERNET},
    {GPIO_D, 8, MODE_ALTERNATE, SPEED_LOW, AF_USART},
    {GPIO_D, 9, MODE_ALTERNATE, SPEED_LOW, AF_USART},
    {GPIO_B, 0, MODE_OUTPUT, SPEED_LOW, 0},
    {GPIO_B, 7, MODE_OUTPUT, SPEED_LOW, 0},
    {GPIO_B, 14, MODE_OUTPUT, SPEED_LOW, 0},
};

static void set_field(volatile uint32_t *reg, unsigned at, unsigned bits, uint32_t value)
{
    *reg = (*reg & ~(((1u << bits) - 1) << at)) | value << at;
}

/* Function and speed first, so that the pin never shows another signal. */
static void set_pin(const struct pin *pin)
{
    set_field(&GPIO_AFR(pin->port, pin->number / 8u), pin->number % 8u * 4u, 4, pin->function);
    set_field(&GPIO_OSPEEDR(pin->port), pin->number * 2u, 2, pin->speed);
    set_field(&GPIO_MODER(pin->port), pin->number * 2u, 2, pin->mode);
}

void pins_start(void)
{
    RCC_AHB1ENR |= RCC_AHB1ENR_GPIOA << GPIO_A | RCC_AHB1ENR_GPIOA << GPIO_B |
                   RCC_AHB1ENR_GPIOA << GPIO_C | RCC_AHB1ENR_GPIOA << GPIO_D |
                   RCC_AHB1ENR_GPIOA << GPIO_G;
    (void)RCC_AHB1ENR; /* two periods until the first access */
    for (unsigned i = 0; i < sizeof pins / sizeof pins[0]; i++) {
        set_pin(&pins[i]);
    }
}

void pins_led(enum led led, bool on)
{
    static const uint8_t numbers[] = {[LED_GREEN] = 0, [LED_BLUE] = 7, [LED_RED] = 14};
    GPIO_BSRR(GPIO_B) = 1u << (numbers[led] + (on ? 0u : 16u));
}
