/* SPDX-License-Identifier: BSD-3-Clause
 * What the pages about a label volume share: how much a map is shrunk or enlarged, and their legends. */
#ifndef REPORT_SHEET_H
#define REPORT_SHEET_H

#include "report/picture.h"
#include "report/ramp.h"

enum { SHEET_GAP = 16, SHEET_SIDE = 512, SHEET_TITLE = 20, SHEET_TEXT = 12 };

/* k voxels become one cell, a cell s x s pixels of the page; either is 1. */
struct zoom {
	int64_t k, s;
};
struct zoom zoom_for(int64_t n, int64_t side); /* so that n voxels become at most `side` pixels */
int64_t zoom_cells(struct zoom zoom, int64_t n);
static inline int64_t zoom_pixels(struct zoom zoom, int64_t n)
{
	return zoom.s * zoom_cells(zoom, n);
}

/* A square and its name at the base line y; the x behind them. */
double sheet_swatch(struct picture *p, double x, double y, uint32_t rgb, const char *name);

/* A line of round length and its text, `um` of one pixel of the page (voxels when not `known`). The x behind. */
double sheet_scale(struct picture *p, double x, double y, double um, bool known);

/* A bar of colours from 0 to `high` with numbers below it and its name above: 48 pixels high from y on. */
enum { SHEET_BAR = 52 };
struct sheet_bar {
	enum ramp ramp;
	double low, high;
	const char *name;
	bool grey; /* black to white, not the ramp */
};
enum err sheet_bar(struct picture *p, double x, double y, double w, const struct sheet_bar *bar);

/* A round number of at least v. */
double sheet_round_up(double v);

/* The number below which `share` of the finite values lie; NAN: there are none. Of a sample of a million. */
double sheet_percentile(const float *values, int64_t n, double share, struct arena *arena);

#endif
