/* SPDX-License-Identifier: BSD-3-Clause */
#include "report/sheet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const uint32_t ink = 0x1a1a1a, frame = 0x8a8a8a;

struct zoom zoom_for(int64_t n, int64_t side)
{
	int64_t k = (n + side - 1) / side, cells = (n + k - 1) / k;

	return (struct zoom){k, k > 1 ? 1 : side / cells};
}

int64_t zoom_cells(struct zoom zoom, int64_t n)
{
	return (n + zoom.k - 1) / zoom.k;
}

double sheet_swatch(struct picture *p, double x, double y, uint32_t rgb, const char *name)
{
	double w = picture_text_width(p, SHEET_TEXT, name);

	picture_fill(p, (struct box){x, y - 11, 14, 14}, rgb);
	picture_frame(p, (struct box){x, y - 11, 14, 14}, frame);
	picture_text(p, x + 20, y, w + 2, SHEET_TEXT, name);
	return x + 20 + w + 20;
}

double sheet_scale(struct picture *p, double x, double y, double um, bool known)
{
	double length = picture_step(120 * um, 1), w = length / um;
	const char *unit = known ? "um" : "voxels";
	char text[48];

	if (known && length >= 1000) {
		length /= 1000;
		unit = "mm";
	}
	picture_fill(p, (struct box){x, y - 7, w, 4}, ink);
	snprintf(text, sizeof(text), "%.4g %s", length, unit);
	picture_text(p, x + w + 8, y, 90, SHEET_TEXT, text);
	return x + w + 8 + picture_text_width(p, SHEET_TEXT, text) + 20;
}

double sheet_round_up(double v)
{
	double step = v > 0 ? picture_step(v, 5) : 1;

	return v > 0 ? step * ceil(v / step - 1e-9) : 1;
}

enum err sheet_bar(struct picture *p, double x, double y, double w, const struct sheet_bar *bar)
{
	int64_t n = (int64_t)w;
	double span = bar->high - bar->low, step = picture_step(span, 4);
	char text[32];

	picture_text(p, x, y + 11, w + 60, SHEET_TEXT, bar->name);
	for (int64_t i = 0; i < n; i++) {
		double t = ((double)i + 0.5) / (double)n;
		uint32_t k = (uint32_t)(255 * t + 0.5), grey = k << 16 | k << 8 | k;

		picture_fill(p, (struct box){x + (double)i, y + 18, 1, 14},
			bar->grey ? grey : ramp_colour(bar->ramp, t));
	}
	picture_frame(p, (struct box){x, y + 18, (double)n, 14}, frame);
	for (double v = step * ceil(bar->low / step - 1e-9); v <= bar->high + 1e-9 * span;
		v += step) {
		double at = x + (v - bar->low) / span * (double)n, tw;

		snprintf(text, sizeof(text), "%.4g", fabs(v) < 1e-9 * span ? 0 : v);
		tw = picture_text_width(p, 11, text);
		picture_fill(p, (struct box){at - 0.5, y + 32, 1, 4}, ink);
		picture_text(p, at - tw / 2, y + 47, tw + 2, 11, text);
	}
	return OK;
}

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

double sheet_percentile(const float *values, int64_t n, double share, struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	int64_t step = n / 1000000 + 1, kept = 0;
	float *sample = ARENA_NEW(arena, float, n / step + 1);
	double out = NAN;

	for (int64_t i = 0; sample && i < n; i += step)
		if (isfinite(values[i]))
			sample[kept++] = values[i];
	if (kept) {
		qsort(sample, (size_t)kept, sizeof(float), compare);
		out = (double)sample[(int64_t)(share * (double)(kept - 1))];
	}
	arena_release(arena, mark);
	return out;
}
