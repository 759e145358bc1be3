/* SPDX-License-Identifier: BSD-3-Clause
 * Three cuts; see report/cuts_picture.h. */
#include "report/cuts_picture.h"

#include <math.h>

enum { HEAD = 62, LEGEND = 30 };
/* Share of a label's colour over the grey: cracks are dark and thin. */
static const double veil = 0.42, crack_veil = 0.7;

/* What is drawn on top, and outlined against what is below. */
static const uint8_t order[N_LABELS] = {[LABEL_OUTSIDE] = 0,
	[LABEL_HARDWARE] = 1,
	[LABEL_NASICON] = 2,
	[LABEL_NAK] = 3,
	[LABEL_VOID] = 4,
	[LABEL_CRACK_NAK] = 5,
	[LABEL_CRACK] = 6};

uint8_t cut_label(const int64_t count[N_LABELS])
{
	uint8_t most = LABEL_OUTSIDE;

	if (count[LABEL_CRACK] || count[LABEL_CRACK_NAK])
		return count[LABEL_CRACK] >= count[LABEL_CRACK_NAK] ? LABEL_CRACK : LABEL_CRACK_NAK;
	if (count[LABEL_VOID])
		return LABEL_VOID;
	for (uint8_t k = 1; k < N_LABELS; k++)
		if (count[k] > count[most])
			most = k;
	return most;
}

/* ------------------------------------------------------------------ windows */

struct window {
	double low, high;
};

/* Median and r.m.s. noise (from the median deviation) of the values with a label; NAN: there are too few. */
static enum err level(const struct cuts_page *page, uint8_t label, double *median, double *noise,
	struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	int64_t n = 0, all = 0;
	float *values;

	*median = *noise = NAN;
	for (int k = 0; k < 3; k++)
		all += page->cuts[k].h * page->cuts[k].w;
	NEED(values = ARENA_NEW(arena, float, all));
	for (int k = 0; k < 3; k++)
		for (int64_t i = 0; i < page->cuts[k].h * page->cuts[k].w; i++)
			if (page->cuts[k].labels[i] == label)
				values[n++] = page->cuts[k].grey[i];
	if (n >= 20) {
		*median = sheet_percentile(values, n, 0.5, arena);
		for (int64_t i = 0; i < n; i++)
			values[i] = fabsf(values[i] - (float)*median);
		*noise = 1.4826 * sheet_percentile(values, n, 0.5, arena);
	}
	arena_release(arena, mark);
	return OK;
}

static enum err all_scale(const struct cuts_page *page, struct window *w, struct arena *arena)
{
	struct grey greys[3];

	for (int k = 0; k < 3; k++)
		greys[k] = (struct grey){
			.data = page->cuts[k].grey, .ny = page->cuts[k].h, .nx = page->cuts[k].w};
	return picture_scale(greys, 3, arena, &w->low, &w->high);
}

/* soft: gas to twice the liquid and its noise; full: gas to ceramic. */
static enum err windows(
	const struct cuts_page *page, struct window *soft, struct window *full, struct arena *arena)
{
	double nak, nak_noise, gas, gas_noise, hard, hard_noise, contrast;

	TRY(all_scale(page, full, arena));
	*soft = *full;
	TRY(level(page, LABEL_NAK, &nak, &nak_noise, arena));
	TRY(level(page, LABEL_VOID, &gas, &gas_noise, arena));
	TRY(level(page, LABEL_NASICON, &hard, &hard_noise, arena));
	if (!isfinite(nak))
		return OK;
	/* no gas in the cuts: it has no attenuation */
	if (!(gas < nak) && nak > 0)
		gas = 0;
	contrast = gas < nak ? nak - gas : fabs(nak) + nak_noise;
	soft->low = nak - contrast - fmax(0.5 * contrast, 2 * nak_noise);
	soft->high = nak + fmax(1.8 * contrast, 2.5 * nak_noise);
	if (hard > nak)
		*full = (struct window){nak - 1.3 * contrast - nak_noise,
			hard + 0.1 * (hard - nak) + 2 * hard_noise};
	return OK;
}

/* ------------------------------------------------------------------ images */

static uint32_t shade(double value, const struct window *w)
{
	double v = w->high > w->low ? 255 * (value - w->low) / (w->high - w->low) : 0;
	uint32_t k = (uint32_t)(v >= 0 ? v > 255 ? 255 : v + 0.5 : 0);

	return k << 16 | k << 8 | k;
}

static uint8_t known(uint8_t label)
{
	return label < N_LABELS ? label : (uint8_t)LABEL_OUTSIDE;
}

/* Is this pixel at the rim of what lies on top? */
static bool at_rim(const struct cut *c, int64_t s, int64_t y, int64_t x)
{
	int64_t sy = s * c->tall, h = c->h * sy, w = c->w * s;
	uint8_t here = order[known(c->labels[y / sy * c->w + x / s])];
	const int64_t by[4] = {-1, 1, 0, 0}, bx[4] = {0, 0, -1, 1};

	for (int k = 0; k < 4; k++) {
		int64_t v = y + by[k], u = x + bx[k];

		if (v >= 0 && u >= 0 && v < h && u < w &&
			order[known(c->labels[v / sy * c->w + u / s])] < here)
			return true;
	}
	return false;
}

static uint32_t labelled(
	const struct cut *c, int64_t s, int64_t y, int64_t x, const struct window *w)
{
	int64_t i = y / (s * c->tall) * c->w + x / s;
	uint8_t label = known(c->labels[i]);
	uint32_t grey;

	if (!c->grey)
		return label_colours[label];
	grey = shade((double)c->grey[i], w);
	if (at_rim(c, s, y, x))
		return label_colours[label];
	if (label == LABEL_OUTSIDE)
		return grey;
	return colour_mix(label_colours[label], grey,
		label == LABEL_CRACK || label == LABEL_CRACK_NAK ? crack_veil : veil);
}

enum kind { SOFT, FULL, LABELS };

static enum err draw_cut(struct picture *p, const struct cut *c, int64_t s, struct box at,
	enum kind kind, const struct window *w, struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	int64_t sy = s * c->tall, height = c->h * sy, width = c->w * s;
	uint32_t *rgb = ARENA_NEW(arena, uint32_t, height * width);

	NEED(rgb);
	for (int64_t i = 0; i < height * width; i++)
		rgb[i] = kind == LABELS
				 ? labelled(c, s, i / width, i % width, w)
				 : shade((double)c->grey[i / width / sy * c->w + i % width / s], w);
	TRY(picture_pixels(p, at.x, at.y, rgb, height, width));
	arena_release(arena, mark);
	return OK;
}

static void draw_legend(
	struct picture *p, const struct cuts_page *page, double y, const bool *shown, double unit)
{
	double x = SHEET_GAP;

	x = sheet_scale(p, x, y, unit, isfinite(page->voxel_um));
	for (int k = 0; k < N_LABELS; k++)
		if (shown[k])
			x = sheet_swatch(p, x, y, label_colours[k],
				k == LABEL_CRACK_NAK ? "crack with nak" : label_names[k]);
}

static void look(const struct cuts_page *page, bool *shown, double *width, double *height)
{
	for (int k = 0; k < 3; k++) {
		const struct cut *c = &page->cuts[k];

		*width = fmax(*width, (double)(c->w * page->zoom.s));
		*height += SHEET_TITLE + SHEET_GAP + (double)(c->h * page->zoom.s * c->tall);
		for (int64_t i = 0; i < c->h * c->w; i++)
			shown[known(c->labels[i])] = true;
	}
}

enum err cuts_picture(const char *path, const struct cuts_page *page, struct arena *arena)
{
	bool shown[N_LABELS] = {false}, grey = page->cuts[0].grey != NULL;
	double side = 260, y = HEAD + LEGEND, height = y + SHEET_BAR + SHEET_GAP, width;
	struct window soft = {0, 1}, full = {0, 1};
	int columns = grey ? 3 : 1;
	struct picture *p;

	look(page, shown, &side, &height);
	if (grey)
		TRY(windows(page, &soft, &full, arena));
	width = fmax(columns * (side + SHEET_GAP) + SHEET_GAP, 880);
	TRY(picture_new(&p, (int)width, (int)height, arena));
	picture_text(p, SHEET_GAP, 24, width - 2 * SHEET_GAP, 15, page->title);
	picture_text(p, SHEET_GAP, 46, width - 2 * SHEET_GAP, SHEET_TEXT, page->text);
	draw_legend(p, page, HEAD + 14, shown,
		(isfinite(page->voxel_um) ? page->voxel_um : 1) * (double)page->zoom.k /
			(double)page->zoom.s);
	for (int k = 0; k < 3; k++) {
		const struct cut *c = &page->cuts[k];

		for (int column = 0; column < columns; column++) {
			enum kind kind = grey ? (enum kind)column : LABELS;
			double x = SHEET_GAP + column * (side + SHEET_GAP);

			picture_text(p, x, y + 13, side, SHEET_TEXT, column ? "" : c->title);
			TRY(draw_cut(p, c, page->zoom.s, (struct box){x, y + SHEET_TITLE, 0, 0},
				kind, kind == SOFT ? &soft : &full, arena));
		}
		y += SHEET_TITLE + SHEET_GAP + (double)(c->h * page->zoom.s * c->tall);
	}
	for (int column = 0; grey && column < 2; column++) {
		const struct window *w = column ? &full : &soft;
		const char *text = arena_format(arena, "%s%s%s",
			column ? "up to the ceramic" : "liquid and gas", *page->units ? ", " : "",
			page->units);
		struct sheet_bar bar = {.low = w->low, .high = w->high, .name = text, .grey = true};

		NEED(text);
		TRY(sheet_bar(
			p, SHEET_GAP + column * (side + SHEET_GAP), y, fmin(side, 260), &bar));
	}
	return picture_save(p, path);
}
