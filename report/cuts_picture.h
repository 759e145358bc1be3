/* SPDX-License-Identifier: BSD-3-Clause
 * Three cuts through a volume and its labels: grey in a window for liquid and gas, grey in a window up to the ceramic,
 * and the labels over it with thin outlines. The windows come from the medians of the labels in the cuts. */
#ifndef REPORT_CUTS_PICTURE_H
#define REPORT_CUTS_PICTURE_H

#include "report/sheet.h"

#include <stdbool.h>

struct cut {
	int64_t h, w;	       /* cells (report/sheet.h) */
	const float *grey;     /* NULL: no volume, labels alone */
	const uint8_t *labels; /* enum label; others show as outside */
	const char *title;
	int64_t tall; /* each row of cells drawn so many times: a flat volume would be a line */
};
struct cuts_page {
	const char *title, *text;
	double voxel_um;
	const char *units; /* of the values */
	struct zoom zoom;
	struct cut cuts[3];
};

/* The label of a cell of n values: what is rarest as a rule (crack, then void) or else what there is most of. */
uint8_t cut_label(const int64_t count[N_LABELS]);

enum err cuts_picture(const char *path, const struct cuts_page *page, struct arena *arena);

#endif
