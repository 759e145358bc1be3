/* SPDX-License-Identifier: BSD-3-Clause */
#include "report/picture.h"

#include <cairo.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TITLE = 18, LEAST = 40 }; /* height of a title, least side of an image on the page */

struct picture {
	cairo_surface_t *surface;
	cairo_t *cr;
	struct arena *arena;
};

enum err picture_new(struct picture **out, int width, int height, struct arena *arena)
{
	struct picture *p = ARENA_ZERO(arena, struct picture, 1);

	NEED(p);
	p->arena = arena;
	p->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
	p->cr = cairo_create(p->surface);
	if (cairo_status(p->cr) != CAIRO_STATUS_SUCCESS)
		return fail(ERR_RESOURCE, "no memory for a picture of %d x %d", width, height);
	cairo_set_source_rgb(p->cr, 1, 1, 1);
	cairo_paint(p->cr);
	cairo_select_font_face(
		p->cr, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	*out = p;
	return OK;
}

/* The page with one byte a pixel, half the file; NULL when it has colours, or no memory. */
static cairo_surface_t *without_colour(cairo_surface_t *page)
{
	int w = cairo_image_surface_get_width(page), h = cairo_image_surface_get_height(page);
	cairo_surface_t *grey = cairo_image_surface_create(CAIRO_FORMAT_A8, w, h);
	bool good = cairo_surface_status(grey) == CAIRO_STATUS_SUCCESS;

	cairo_surface_flush(page);
	for (int y = 0; good && y < h; y++) {
		const unsigned char *from = cairo_image_surface_get_data(page) +
					    (int64_t)y * cairo_image_surface_get_stride(page);
		unsigned char *to = cairo_image_surface_get_data(grey) +
				    (int64_t)y * cairo_image_surface_get_stride(grey);

		for (int x = 0; x < w; x++, from += 4) {
			good = good && from[0] == from[1] && from[1] == from[2];
			to[x] = from[0];
		}
	}
	if (good) {
		cairo_surface_mark_dirty(grey);
		return grey;
	}
	cairo_surface_destroy(grey);
	return NULL;
}

enum err picture_save(struct picture *p, const char *path)
{
	cairo_surface_t *grey = without_colour(p->surface);
	cairo_status_t status = cairo_surface_write_to_png(grey ? grey : p->surface, path);

	cairo_surface_destroy(grey); /* NULL is fine */
	cairo_destroy(p->cr);
	cairo_surface_destroy(p->surface);
	if (status != CAIRO_STATUS_SUCCESS)
		return fail(ERR_RESOURCE, "%s: cannot write the picture: %s", path,
			cairo_status_to_string(status));
	return OK;
}

static int compare_floats(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* Of every step-th value of an image, those that count. */
static int64_t take_sample(const struct grey *g, int64_t step, bool zeros, float *sample)
{
	int64_t kept = 0;

	for (int64_t i = 0; i < g->ny * g->nx; i += step)
		if (isfinite(g->data[i]) && (zeros || fpclassify(g->data[i]) != FP_ZERO))
			sample[kept++] = g->data[i];
	return kept;
}

enum err picture_scale(
	const struct grey *greys, int n, struct arena *arena, double *low, double *high)
{
	int64_t all = 0, step, kept = 0;
	float *sample;

	for (int i = 0; i < n; i++)
		all += greys[i].ny * greys[i].nx;
	step = all / 50000 + 1;
	sample = ARENA_NEW(arena, float, all / step + n);
	NEED(sample);
	for (int i = 0; i < n; i++)
		kept += take_sample(&greys[i], step, false, sample + kept);
	for (int i = 0; kept == 0 && i < n; i++)
		kept = take_sample(&greys[i], step, true, sample);
	qsort(sample, (size_t)kept, sizeof(float), compare_floats);
	*low = kept ? (double)sample[kept / 200] : 0;
	*high = kept ? (double)sample[kept - 1 - kept / 200] : 1;
	return OK;
}

/* Mean of the source pixels under one drawn pixel, by box [x0, x1) x [y0, y1). */
static double box_mean(const struct grey *g, int64_t y0, int64_t y1, int64_t x0, int64_t x1)
{
	double sum = 0;

	for (int64_t y = y0; y < y1; y++)
		for (int64_t x = x0; x < x1; x++)
			sum += (double)g->data[y * g->nx + x];
	return sum / (double)((y1 - y0) * (x1 - x0));
}

static uint32_t shade(double value, double low, double high)
{
	double grey = high > low ? 255 * (value - low) / (high - low) : 0;
	uint32_t k;

	if (!isfinite(value))
		return 0xff0000;
	k = (uint32_t)(grey < 0 ? 0 : grey > 255 ? 255 : grey + 0.5);
	return k << 16 | k << 8 | k;
}

static uint32_t colour_of(const struct grey *g, float value)
{
	return value >= 0 && value < (float)g->n_colours ? g->colours[(int)value] : 0xff00ff;
}

static void draw_pixels(cairo_surface_t *image, const struct grey *g, double low, double high)
{
	int w = cairo_image_surface_get_width(image), h = cairo_image_surface_get_height(image);
	int stride = cairo_image_surface_get_stride(image);
	unsigned char *pixels = cairo_image_surface_get_data(image);

	for (int y = 0; y < h; y++) {
		int64_t y0 = y * g->ny / h, y1 = (y + 1) * g->ny / h;

		for (int x = 0; x < w; x++) {
			int64_t x0 = x * g->nx / w, x1 = (x + 1) * g->nx / w;
			double value =
				box_mean(g, y0, y1 > y0 ? y1 : y0 + 1, x0, x1 > x0 ? x1 : x0 + 1);
			uint32_t rgb =
				g->colours ? colour_of(g,
						     g->data[(y0 + y1) / 2 * g->nx + (x0 + x1) / 2])
					   : shade(value, low, high);

			memcpy(pixels + (int64_t)y * stride + 4 * (int64_t)x, &rgb, 4);
		}
	}
	cairo_surface_mark_dirty(image);
}

/* Size of the drawn image. Far from square it would vanish or be a line: it is stretched then. */
static bool drawn_size(struct box box, const struct grey *g, int *w, int *h)
{
	double room = fmax(1, box.h - (g->title ? TITLE : 0)), least_w, least_h;
	double scale = fmin(box.w / (double)g->nx, room / (double)g->ny);
	double width = scale * (double)g->nx, height = scale * (double)g->ny;

	*w = (int)box.w;
	*h = (int)room;
	if (g->fill)
		return false;
	least_w = fmin(LEAST, box.w);
	least_h = fmin(LEAST, room);
	*w = (int)fmax(1, fmax(width, least_w));
	*h = (int)fmax(1, fmax(height, least_h));
	return width < 0.98 * least_w || height < 0.98 * least_h;
}

struct box picture_fit(struct box box, const struct grey *g)
{
	int w, h;

	(void)drawn_size(box, g, &w, &h);
	return (struct box){box.x, box.y, w, h + (g->title ? TITLE : 0)};
}

enum err picture_grey(struct picture *p, struct box box, const struct grey *g)
{
	double low = g->low, high = g->high, title = g->title ? TITLE : 0;
	const char *text = g->title;
	cairo_surface_t *image;
	bool stretched;
	int w, h;

	if (g->nx < 1 || g->ny < 1)
		return OK;
	stretched = drawn_size(box, g, &w, &h);
	if (!isfinite(low) || !isfinite(high))
		TRY(picture_scale(g, 1, p->arena, &low, &high));
	image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, w, h);
	if (cairo_surface_status(image) != CAIRO_STATUS_SUCCESS) {
		cairo_surface_destroy(image);
		return fail(ERR_RESOURCE, "no memory for a picture of %d x %d", w, h);
	}
	draw_pixels(image, g, low, high);
	cairo_set_source_surface(p->cr, image, box.x, box.y + title);
	cairo_paint(p->cr);
	cairo_surface_destroy(image);
	if (text && stretched)
		NEED(text = arena_format(p->arena, "%s, stretched", text));
	if (text)
		picture_text(p, box.x, box.y + 13, box.w, 12, text);
	return OK;
}

/* Bytes of the UTF-8 character at text; 0: it is none. */
static int character(const char *text)
{
	unsigned char c = (unsigned char)*text;
	int n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;

	for (int i = 1; i < n; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static double text_width(struct picture *p, const char *text)
{
	cairo_text_extents_t e;

	cairo_text_extents(p->cr, text, &e);
	return e.x_advance;
}

/* Takes characters out of the middle until it fits: both ends of a path tell most. Bytes that are no
 * UTF-8 (file names may hold any) would put cairo out of order: they become question marks. */
static const char *fitting(struct picture *p, const char *text, double width)
{
	char *clean = arena_copy(p->arena, text), *cut = NULL;
	size_t n = clean ? strlen(clean) : 0, head = n / 2, tail = n / 2;

	for (char *at = clean; at && *at; at += character(at))
		if (!character(at) || (unsigned char)*at < ' ')
			*at = '?';
	if (!clean || text_width(p, clean) <= width)
		return clean;
	do {
		head -= head > 0;
		tail += tail < n;
		while (head > 0 && ((unsigned char)clean[head] & 0xc0) == 0x80)
			head--;
		while (((unsigned char)clean[tail] & 0xc0) == 0x80)
			tail++;
		cut = arena_format(p->arena, "%.*s\xe2\x80\xa6%s", (int)head, clean, clean + tail);
	} while (cut && text_width(p, cut) > width && (head > 0 || tail < n));
	return cut;
}

void picture_text(
	struct picture *p, double x, double y, double width, double size, const char *text)
{
	const char *shown;

	cairo_set_source_rgb(p->cr, 0.1, 0.1, 0.1);
	cairo_set_font_size(p->cr, size);
	shown = fitting(p, text, width);
	cairo_move_to(p->cr, x, y);
	if (shown)
		cairo_show_text(p->cr, shown);
}

double picture_text_width(struct picture *p, double size, const char *text)
{
	cairo_set_font_size(p->cr, size);
	return text_width(p, text);
}

enum err picture_pixels(
	struct picture *p, double x, double y, const uint32_t *rgb, int64_t h, int64_t w)
{
	cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)w, (int)h);

	if (cairo_surface_status(image) != CAIRO_STATUS_SUCCESS) {
		cairo_surface_destroy(image);
		return fail(ERR_RESOURCE, "no memory for a picture of %lld x %lld", (long long)w,
			(long long)h);
	}
	for (int64_t k = 0; k < h; k++)
		memcpy(cairo_image_surface_get_data(image) +
				k * cairo_image_surface_get_stride(image),
			rgb + k * w, (size_t)w * sizeof(*rgb));
	cairo_surface_mark_dirty(image);
	cairo_set_source_surface(p->cr, image, x, y);
	cairo_paint(p->cr);
	cairo_surface_destroy(image);
	return OK;
}

static void set_colour(struct picture *p, uint32_t rgb)
{
	cairo_set_source_rgb(p->cr, (double)(rgb >> 16 & 255) / 255, (double)(rgb >> 8 & 255) / 255,
		(double)(rgb & 255) / 255);
}

void picture_fill(struct picture *p, struct box box, uint32_t rgb)
{
	set_colour(p, rgb);
	cairo_rectangle(p->cr, box.x, box.y, box.w, box.h);
	cairo_fill(p->cr);
}

void picture_frame(struct picture *p, struct box box, uint32_t rgb)
{
	set_colour(p, rgb);
	cairo_set_line_width(p->cr, 1);
	cairo_rectangle(p->cr, box.x - 0.5, box.y - 0.5, box.w + 1, box.h + 1);
	cairo_stroke(p->cr);
}

/* 1, 2 or 5 times a power of ten. */
double picture_step(double span, int n)
{
	double raw = span / n, power = pow(10, floor(log10(raw)));
	double lead = raw / power;

	return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
}

struct axis {
	double low, high, from, to; /* data range and page positions */
};

static double on_page(struct axis a, double value)
{
	return a.from + (value - a.low) / (a.high - a.low) * (a.to - a.from);
}

static struct axis axis_for(const double *values, int64_t n, double from, double to)
{
	struct axis a = {INFINITY, -INFINITY, from, to};

	for (int64_t i = 0; i < n; i++) {
		if (isfinite(values[i])) {
			a.low = fmin(a.low, values[i]);
			a.high = fmax(a.high, values[i]);
		}
	}
	if (!(a.high >= a.low))
		a.low = 0, a.high = 1;
	if (a.high - a.low < 1e-12 * (fabs(a.low) + 1e-300) || a.high == a.low) {
		double spread = a.low == 0 ? 1 : 0.01 * fabs(a.low);

		a.low -= spread;
		a.high += spread;
	}
	return a;
}

static void draw_ticks(struct picture *p, struct axis a, bool vertical, double other, double length)
{
	cairo_t *cr = p->cr;
	double step = picture_step(a.high - a.low, vertical ? 5 : 8);
	char text[32];

	cairo_set_font_size(cr, 10);
	for (double v = ceil(a.low / step) * step; v <= a.high + 1e-9 * step; v += step) {
		double at = on_page(a, v);

		snprintf(text, sizeof(text), "%.6g", fabs(v) < 1e-9 * step ? 0 : v);
		cairo_set_source_rgb(cr, 0.87, 0.87, 0.87);
		cairo_move_to(cr, vertical ? other : at, vertical ? at : other);
		cairo_rel_line_to(cr, vertical ? length : 0, vertical ? 0 : -length);
		cairo_stroke(cr);
		cairo_set_source_rgb(cr, 0.2, 0.2, 0.2);
		if (vertical)
			cairo_move_to(cr, other - 6 - text_width(p, text), at + 4);
		else
			cairo_move_to(cr, at - text_width(p, text) / 2, other + 14);
		cairo_show_text(cr, text);
	}
}

void picture_curve(struct picture *p, struct box box, const struct curve *c)
{
	struct axis x = axis_for(c->x, c->n, box.x + 60, box.x + box.w - 16);
	struct axis y = axis_for(c->y, c->n, box.y + box.h - 38, box.y + 24);
	bool pen = false;

	cairo_set_line_width(p->cr, 1);
	draw_ticks(p, x, false, y.from, y.from - y.to);
	draw_ticks(p, y, true, x.from, x.to - x.from);
	cairo_set_source_rgb(p->cr, 0.07, 0.35, 0.65);
	for (int64_t i = 0; i < c->n; i++) {
		if (!isfinite(c->y[i]) || !isfinite(c->x[i])) {
			pen = false;
			continue;
		}
		if (pen)
			cairo_line_to(p->cr, on_page(x, c->x[i]), on_page(y, c->y[i]));
		else
			cairo_move_to(p->cr, on_page(x, c->x[i]), on_page(y, c->y[i]));
		pen = true;
	}
	cairo_stroke(p->cr);
	picture_text(p, box.x, box.y + 13, box.w, 12, c->title);
	picture_text(p, (x.from + x.to) / 2 - 40, box.y + box.h - 6, box.w / 2, 11, c->x_label);
	picture_text(p, box.x + 62, box.y + 36, box.w - 62, 11, c->y_label);
}

enum err picture_montage(
	const char *path, const char *title, const struct grey *greys, int n, struct arena *arena)
{
	int columns = (int)ceil(sqrt(n)), rows = columns ? (n + columns - 1) / columns : 0;
	double cell = columns <= 2 ? 480 : columns <= 4 ? 360 : 260;
	struct picture *p;
	struct grey one;
	double low, high;

	if (n < 1)
		return fail(ERR_FAILED, "%s: nothing to show", path);
	TRY(picture_new(
		&p, (int)(columns * (cell + 8) + 8), (int)(rows * (cell + 26) + 40), arena));
	picture_text(p, 8, 24, columns * (cell + 8) - 8, 14, title);
	TRY(picture_scale(&greys[n / 2], 1, arena, &low, &high));
	for (int i = 0; i < n; i++) {
		one = greys[i];
		one.low = isfinite(one.low) ? one.low : low;
		one.high = isfinite(one.high) ? one.high : high;
		TRY(picture_grey(p,
			(struct box){8 + (i % columns) * (cell + 8),
				36 + (i / columns) * (cell + 26), cell, cell + 18},
			&one));
	}
	return picture_save(p, path);
}
