/* SPDX-License-Identifier: BSD-3-Clause */
#include "report/picture.h"

#include <cairo.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

enum err picture_save(struct picture *p, const char *path)
{
	cairo_status_t status = cairo_surface_write_to_png(p->surface, path);

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

/* Percentiles of about 10000 finite values, where low and high are not given. */
static enum err grey_scale(const struct grey *g, struct arena *arena, double *low, double *high)
{
	int64_t n = g->ny * g->nx, step = n / 10000 + 1, kept = 0;
	float *sample;

	*low = g->low;
	*high = g->high;
	if (isfinite(g->low) && isfinite(g->high))
		return OK;
	sample = ARENA_NEW(arena, float, n / step + 1);
	NEED(sample);
	for (int64_t i = 0; i < n; i += step)
		if (isfinite(g->data[i]))
			sample[kept++] = g->data[i];
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
			uint32_t rgb = shade(value, low, high);

			memcpy(pixels + (int64_t)y * stride + 4 * (int64_t)x, &rgb, 4);
		}
	}
	cairo_surface_mark_dirty(image);
}

enum err picture_grey(struct picture *p, struct box box, const struct grey *g)
{
	double low, high, title = g->title ? 18 : 0, scale;
	cairo_surface_t *image;
	int w, h;

	if (g->nx < 1 || g->ny < 1)
		return OK;
	scale = fmin(box.w / (double)g->nx, (box.h - title) / (double)g->ny);
	w = (int)fmax(1, scale * (double)g->nx);
	h = (int)fmax(1, scale * (double)g->ny);
	TRY(grey_scale(g, p->arena, &low, &high));
	image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, w, h);
	if (cairo_surface_status(image) != CAIRO_STATUS_SUCCESS) {
		cairo_surface_destroy(image);
		return fail(ERR_RESOURCE, "no memory for a picture of %d x %d", w, h);
	}
	draw_pixels(image, g, low, high);
	cairo_set_source_surface(p->cr, image, box.x, box.y + title);
	cairo_paint(p->cr);
	cairo_surface_destroy(image);
	if (g->title)
		picture_text(p, box.x, box.y + 13, 12, g->title);
	return OK;
}

void picture_text(struct picture *p, double x, double y, double size, const char *text)
{
	cairo_set_source_rgb(p->cr, 0.1, 0.1, 0.1);
	cairo_set_font_size(p->cr, size);
	cairo_move_to(p->cr, x, y);
	cairo_show_text(p->cr, text);
}

/* A round step (1, 2 or 5 times a power of ten) that cuts the span into about n pieces. */
static double round_step(double span, int n)
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

static void draw_ticks(cairo_t *cr, struct axis a, bool vertical, double other, double length)
{
	double step = round_step(a.high - a.low, vertical ? 5 : 8);
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
		cairo_move_to(cr, vertical ? other - 52 : at - 10, vertical ? at + 4 : other + 14);
		cairo_show_text(cr, text);
	}
}

void picture_curve(struct picture *p, struct box box, const struct curve *c)
{
	struct axis x = axis_for(c->x, c->n, box.x + 60, box.x + box.w - 10);
	struct axis y = axis_for(c->y, c->n, box.y + box.h - 38, box.y + 24);
	bool pen = false;

	cairo_set_line_width(p->cr, 1);
	draw_ticks(p->cr, x, false, y.from, y.from - y.to);
	draw_ticks(p->cr, y, true, x.from, x.to - x.from);
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
	picture_text(p, box.x, box.y + 13, 12, c->title);
	picture_text(p, (x.from + x.to) / 2 - 40, box.y + box.h - 6, 11, c->x_label);
	picture_text(p, box.x + 62, box.y + 36, 11, c->y_label);
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
	picture_text(p, 8, 24, 14, title);
	TRY(grey_scale(&greys[n / 2], arena, &low, &high));
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
