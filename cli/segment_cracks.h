/* SPDX-License-Identifier: BSD-3-Clause
 * Cracks of the ceramic: what the passes of cli/segment_cracks*.c hand to each other. Planes are d from the
 * electrode's side. */
#ifndef CLI_SEGMENT_CRACKS_H
#define CLI_SEGMENT_CRACKS_H

#include "cli/segment.h"
#include "segment/aperture.h"

/* The ceramic, plane by plane, as sheets are looked for: free of offsets between rows, and flat outside. */
struct ceramic_view {
	struct segment_job *job;
	int64_t first, last; /* planes with ceramic: first <= d < last */
	float *level;	     /* of the ceramic in each plane: median; NAN: not read yet */
	double blur;	     /* sigma between object and volume, voxels */
	float *plane;	     /* space for one */
};

enum { CERAMIC_GUARD = 2 }; /* voxels from a face that its blur reaches */

enum err ceramic_view_new(struct ceramic_view *view, struct segment_job *job);
/* Planes [d0, d1). inside: voxels of the ceramic, away from faces and the rim of the view; elsewhere values are
 * `outside`, or the ceramic's level when that is NAN. */
enum err ceramic_read(struct ceramic_view *view, int64_t d0, int64_t d1, bool keep_nan,
	float *values, uint8_t *inside);

/* Apertures and fills of job->sheet, whose pieces are joined to cracks and gone on with to the faces; its voxels get labels. */
enum err crack_open(
	struct ceramic_view *view, const struct crack_contrast *contrast, int32_t *objects);
enum err crack_measure(struct segment_job *job, int32_t objects, struct step_metrics *metrics);

#endif
