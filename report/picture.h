/* SPDX-License-Identifier: BSD-3-Clause
 * Pictures: grey images, line plots and text laid out on a page, written as PNG. The one door to
 * cairo. Sizes in pixels of the page. */
#ifndef REPORT_PICTURE_H
#define REPORT_PICTURE_H

#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

struct picture;

enum err picture_new(struct picture **picture, int width, int height, struct arena *arena);
enum err picture_save(struct picture *picture, const char *path); /* also frees it */

/* A grey image (row-major, row stride nx) scaled into the box, keeping its shape (a very flat or
 * narrow one is stretched, and its title says so): averaged when smaller, repeated pixels when larger.
 * Black at low, white at high; NAN: as picture_scale(). Not-finite values are drawn red. */
struct grey {
	const float *data;
	int64_t ny, nx;
	double low, high;
	const char *title; /* above the image, NULL: none */
	bool fill;	   /* the whole box, its shape given up: a sinogram */
	/* RGB of values 0, 1, ... n_colours - 1: labels, not averaged; NULL: grey. */
	const uint32_t *colours;
	int n_colours;
};
struct box {
	double x, y, w, h;
};
enum err picture_grey(struct picture *picture, struct box box, const struct grey *grey);
/* What picture_grey() covers of the box, title included. */
struct box picture_fit(struct box box, const struct grey *grey);

/* The 0.5 and 99.5 percentiles of all n images together (of a sample of them); exact zeros, as outside
 * of a reconstructed circle, do not count. */
enum err picture_scale(
	const struct grey *greys, int n, struct arena *arena, double *low, double *high);

/* One curve with axes and labels. */
struct curve {
	const double *x, *y;
	int64_t n;
	const char *title, *x_label, *y_label;
};
double picture_step(double span, int n); /* a round one that cuts the span into about n pieces */
void picture_curve(struct picture *picture, struct box box, const struct curve *curve);

/* Text too long for the width loses its middle. */
void picture_text(
	struct picture *picture, double x, double y, double width, double size, const char *text);

double picture_text_width(struct picture *picture, double size, const char *text);

/* Pixels of the page, 0xRRGGBB, row by row, as they are; a filled box; a thin frame just around a box. */
enum err picture_pixels(
	struct picture *picture, double x, double y, const uint32_t *rgb, int64_t h, int64_t w);
void picture_fill(struct picture *picture, struct box box, uint32_t rgb);
void picture_frame(struct picture *picture, struct box box, uint32_t rgb);

/* n images of one scale in a grid, a title above: the montage of a sweep, preview slices. */
enum err picture_montage(
	const char *path, const char *title, const struct grey *greys, int n, struct arena *arena);

#endif
