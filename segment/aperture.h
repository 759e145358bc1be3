/* SPDX-License-Identifier: BSD-3-Clause
 * How far a sheet is open, and what is in it, from profiles of the volume across it. A crack thinner than the blur shows
 * no width: what is missing of the ceramic's attenuation along the normal, over its contrast to what
 * fills the crack, is its aperture (missing attenuation: R. A. Ketcham et al., Geosphere 6 (2010) 499, DOI
 * 10.1130/GES00570.1). Blur and phase fringes do not change that integral. All in voxels and 1/cm. */
#ifndef SEGMENT_APERTURE_H
#define SEGMENT_APERTURE_H

#include "segment/sheet_surface.h"

/* A value every half voxel to PROFILE_REACH voxels on either side. */
enum { PROFILE_REACH = 6, PROFILE = 4 * PROFILE_REACH + 1, PROFILE_HALO = 12 };

struct sheet_profile {
	float f[PROFILE]; /* NAN: beyond the ceramic */
	float level;	  /* of the ceramic there: median 6 to 10 voxels away; NAN: not to be had */
};

/* Contrasts of the ceramic to gas and to the liquid; noise of a voxel. */
struct crack_contrast {
	double gas, liquid, noise;
};

/* values: planes p0 to p1, NAN where there is no ceramic. */
void sheet_profile_at(const struct slab *slab, const float *values,
	const struct sheet_element *element, struct sheet_profile *profile);

/* aperture (median of the elements within 5 voxels) and opening of all elements, as if all were empty. Elements without a
 * profile of their own have their surroundings'. */
enum err sheet_apertures(struct sheet *sheet, struct sheet_profile *profiles,
	const struct crack_contrast *contrast, struct arena *scratch);

/* Empty or filled, in patches of 12 voxels: the likelihood of both over the median profile of the patch and half that of
 * the patches around, with the width free; FILL_UNKNOWN where they differ by too little, and
 * where the gap is narrower than a voxel. Apertures and openings
 * of filled elements are then those of the liquid. *blur: sigma between object and volume that explains
 * all patches best, which is what fills hang on; voxels. */
enum err sheet_fills(struct sheet *sheet, const struct sheet_profile *profiles,
	const struct crack_contrast *contrast, double *blur, struct arena *scratch);

#endif
