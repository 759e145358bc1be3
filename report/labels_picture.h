/* SPDX-License-Identifier: BSD-3-Clause
 * What happens in a series at a glance: the same three cuts through the label volumes of all steps, a
 * step a row, with the colours of the labels named. */
#ifndef REPORT_LABELS_PICTURE_H
#define REPORT_LABELS_PICTURE_H

#include "core/arena.h"
#include "core/error.h"

#include <stdint.h>

struct labels_cut {
	const char *labels; /* file (io/volume_view.h) */
	const char *name;   /* of the step */
	double at[3];	    /* z, y, x of the cuts, voxels; shown are `half` to either side */
	double half;
};

/* n steps to a PNG. ERR_INPUT: a file that cannot be read. */
enum err labels_picture(const char *out, const char *title, const struct labels_cut *cuts,
	int64_t n, struct arena *arena);

#endif
