/* SPDX-License-Identifier: BSD-3-Clause
 * Which material a voxel is by its grey value: seeded watershed on the gradient of the smoothed volume, with markers
 * where a level is met and the gradient is small. Boundaries fall on the steepest place, so that the blurred
 * edge of the ceramic, which passes through the values of liquid and metal, makes no skin of these.
 * Geometry comes afterwards (segment/face.h). */
#ifndef SEGMENT_PHASES_H
#define SEGMENT_PHASES_H

#include "segment/denoise.h"
#include "segment/levels.h"

enum raw { RAW_NONE, RAW_VOID, RAW_LIQUID, RAW_CERAMIC, RAW_METAL };

struct phases {
	const struct levels *levels;
	const struct circle *circle;
	struct denoise denoise;
	double flat; /* markers have a smaller gradient, 1/cm a voxel */
	double core; /* half width of a marker's window, as a share of the contrast of liquid and gas */
};

/* The gradient below which markers lie, from the noise that the smoothed volume has. */
double phases_flat(const struct levels *levels, double sigma);

/* Planes of halo on either side of a slab, for a watershed with that much of its own. */
int64_t phases_halo(const struct phases *phases, int64_t flood);

/* in: planes p0 to p1 (counted from the electrode's side) with a halo of phases_halo(flood), circle_fill()ed. raw and
 * smooth: planes z0 to z1 each, enum raw and the smoothed volume. *uncertain: voxels that hang on planes beyond the
 * halo and got the label whose level is nearest. */
enum err phases_slab(const struct phases *phases, const struct slab *slab, int64_t flood,
	const float *in, uint8_t *raw, float *smooth, int64_t *uncertain, struct arena *scratch);

#endif
