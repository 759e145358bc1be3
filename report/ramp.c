/* SPDX-License-Identifier: BSD-3-Clause
 * Colours in CIELAB (white D65) to sRGB: IEC 61966-2-1 and CIE 15. */
#include "report/ramp.h"

#include <math.h>
#include <stdbool.h>

const uint32_t label_colours[N_LABELS] = {
	[LABEL_OUTSIDE] = 0x101014,
	[LABEL_VOID] = 0x30308c,
	[LABEL_NAK] = 0x6aaee0,
	[LABEL_NASICON] = 0xc4c0b8,
	[LABEL_CRACK] = 0xe02828,
	[LABEL_CRACK_NAK] = 0xf5c02c,
	[LABEL_HARDWARE] = 0x5c7858,
};

static const double white[3] = {0.95047, 1, 1.08883};
/* linear sRGB from XYZ, and back to Y */
static const double to_rgb[3][3] = {{3.2404542, -1.5371385, -0.4985314},
	{-0.9692660, 1.8760108, 0.0415560}, {0.0556434, -0.2040259, 1.0572252}};
static const double to_y[3] = {0.2126729, 0.7151522, 0.0721750};

static double inverse(double t)
{
	return t > 6.0 / 29 ? t * t * t : 108.0 / 841 * (t - 4.0 / 29);
}

static double encode(double v)
{
	return v <= 0.0031308 ? 12.92 * v : 1.055 * pow(v, 1 / 2.4) - 0.055;
}

static double decode(double v)
{
	return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

/* false: no screen can show it. */
static bool try_lab(double l, double a, double b, uint32_t *rgb)
{
	double y = (l + 16) / 116;
	double xyz[3] = {
		white[0] * inverse(y + a / 500), inverse(y), white[2] * inverse(y - b / 200)};

	*rgb = 0;
	for (int k = 0; k < 3; k++) {
		double v = to_rgb[k][0] * xyz[0] + to_rgb[k][1] * xyz[1] + to_rgb[k][2] * xyz[2];

		if (v < -1e-4 || v > 1 + 1e-4)
			return false;
		v = encode(fmax(0, fmin(1, v)));
		*rgb = *rgb << 8 | (uint32_t)(255 * v + 0.5);
	}
	return true;
}

/* Chroma is lowered until the colour can be shown. */
static uint32_t from_lch(double l, double chroma, double degrees)
{
	double h = degrees * acos(-1.0) / 180;
	uint32_t rgb = 0;

	for (double c = chroma; c > 0; c -= 0.5)
		if (try_lab(l, c * cos(h), c * sin(h), &rgb))
			return rgb;
	(void)try_lab(l, 0, 0, &rgb);
	return rgb;
}

uint32_t ramp_colour(enum ramp ramp, double t)
{
	t = fmax(0, fmin(1, t));
	switch (ramp) {
	case RAMP_SEA:
		return from_lch(22 + 70 * t, 52 + 20 * t, 312 - 212 * t);
	case RAMP_EMBER:
		return from_lch(92 - 66 * t, 24 + 90 * t * (1 - t) + 26 * t, 88 - 62 * t);
	case RAMP_PLUM:
		return from_lch(90 - 55 * t, 16 + 50 * t, 330 - 18 * t);
	}
	return 0;
}

double colour_lightness(uint32_t rgb)
{
	double y = 0, t;

	for (int k = 0; k < 3; k++)
		y += to_y[k] * decode((double)(rgb >> (16 - 8 * k) & 255) / 255);
	t = y > 216.0 / 24389 ? cbrt(y) : (24389.0 / 27 * y + 16) / 116;
	return 116 * t - 16;
}

uint32_t colour_mix(uint32_t a, uint32_t b, double share)
{
	uint32_t out = 0;

	for (int shift = 16; shift >= 0; shift -= 8) {
		double v = share * (double)(a >> shift & 255) +
			   (1 - share) * (double)(b >> shift & 255);

		out |= (uint32_t)(v + 0.5) << shift;
	}
	return out;
}
