/* SPDX-License-Identifier: BSD-3-Clause
 * A label volume seen along z: what each column (y, x) holds, gathered plane by plane, and from it the maps of the
 * ceramic's face that pictures show. Bounded memory: 28 bytes a column while it gathers, 15 for the maps.
 *
 * The maps are plain arrays, so that whoever knows better (apertures from missing attenuation, films thinner than a
 * voxel) may overwrite them before they are drawn. */
#ifndef SEGMENT_TOPVIEW_H
#define SEGMENT_TOPVIEW_H

#include "core/arena.h"
#include "core/error.h"
#include "core/metrics.h"

#include <stdbool.h>
#include <stdint.h>

enum crack_state { CRACK_NONE, CRACK_EMPTY, CRACK_FILLED, CRACK_UNSURE };
enum contact_state {
	CONTACT_NONE, /* no face of the ceramic here, or none towards liquid or gas */
	CONTACT_LIQUID,
	CONTACT_FILM,	/* of gas */
	CONTACT_BUBBLE, /* attached */
	CONTACT_MOUTH	/* of a crack */
};

/* Lengths in voxels, NAN where there is nothing. */
struct face_maps {
	int64_t ny, nx;
	float *aperture; /* across the thickest crack of the column */
	float *depth;	 /* of its middle, below the face or the plane */
	float *film;	 /* gas on the face, along z */
	uint8_t *crack;	 /* enum crack_state */
	uint8_t *contact;
	uint8_t *chip;	/* not 0: a chip lies here; NULL: not known */
	double deepest; /* point of a crack, branches under others too; NAN: none */
};

struct topview {
	int64_t nz, ny, nx;
	bool below;	/* the liquid is at the end of the volume: d = nz - 1 - z, else d = z */
	int64_t done;	/* planes so far */
	int64_t *count; /* (nz, N_LABELS) voxels by plane z */
	/* a column each; d from the electrode's side */
	uint8_t *last, *before; /* label of the plane before, of the voxel ahead of the face */
	uint8_t *since;		/* voxels since the last void */
	uint8_t *mouth;
	uint16_t *face;		   /* first voxel of ceramic or crack; COLUMN_NONE */
	uint16_t *run, *gas, *gap; /* of equal labels so far; last void; void ahead of the face */
	uint16_t *crack, *filled;  /* voxels */
	uint16_t *top, *thick;	   /* the thickest crack */
	uint16_t *deep;		   /* its last voxel of a crack */
	uint16_t *voids;
	uint32_t *depths; /* sum of d over voids */
};
enum { COLUMN_NONE = 65535 };

/* At most 65534 planes (ERR_USAGE). */
enum err topview_new(
	struct topview *view, int64_t nz, int64_t ny, int64_t nx, bool below, struct arena *arena);

/* The next n planes in order of d, each (ny, nx); values of N_LABELS and more count as outside. */
enum err topview_add(struct topview *view, const uint8_t *planes, int64_t n);

/* plane: d of the interface in the middle, slopes along x and y; depth counts from it. NULL: from the face of each
 * column. Films and bubbles are told apart patch by patch of the face: a patch of gas of a mean height of more than
 * a tenth of its diameter, and more than four voxels somewhere, is a bubble. */
enum err topview_maps(const struct topview *view, const double *plane, struct face_maps *maps,
	struct arena *arena);

/* Where three cuts show most: through the largest crack, else the largest void, else the middle of the face. */
enum sight { SIGHT_CRACK, SIGHT_VOID, SIGHT_MIDDLE };
enum sight topview_sight(
	const struct topview *view, int64_t *z, int64_t *y, int64_t *x, struct arena *arena);

/* Shares of the maps: columns in contact over columns with liquid, film or bubble on the face (mouths are neither);
 * NAN: there is no face. */
double face_maps_contact(const struct face_maps *maps);

#endif
