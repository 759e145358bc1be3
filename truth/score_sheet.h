/* SPDX-License-Identifier: BSD-3-Clause
 * What counting voxels does not tell: how much of a crack was found where it is so and so wide, whether its filling was
 * told, and whether the ceramic's faces wear a skin that is not there. By what is found in the ball of SHEET_REACH voxels
 * around true voxels.
 *
 * Areas of cracks are in faces of a voxel: a true voxel counts 1, or 1 / aperture where that is known and more than 1.
 * A face of the ceramic is a true ceramic voxel beside (of six) a voxel of the other material, with nothing but these two
 * within the ball, outside included; it has a skin when anything else is found within the ball. */
#ifndef TRUTH_SCORE_SHEET_H
#define TRUTH_SCORE_SHEET_H

#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

enum { SHEET_REACH = 2, SHEET_UNTOLD = 7 }; /* label of crack whose filling is not told */
enum { APERTURES = 4, APERTURE_STEP = 16 }; /* classes; apertures come in steps of 1/16 voxel */
extern const double aperture_from[APERTURES + 1]; /* 0, 0.5, 1, 2, INFINITY voxels: [from, next) */

enum { FILL_EMPTY, FILL_FILLED, FILL_UNTOLD, FILL_NONE, FILLS }; /* NONE: no crack found */
enum { FACE_NAK, FACE_VOID, FACE_HARDWARE, FACES };

struct score_sheet {
	bool has_aperture;
	int64_t n[APERTURES], found[APERTURES]; /* true voxels by aperture; found within the ball */
	double recall[APERTURES];		/* NAN: none there */
	double area[2][FILLS];			/* true: empty, filled; found */
	double told, wrong; /* shares of the area found: with a filling, with the wrong one; NAN */
	int64_t faces[FACES], skins[FACES];
	double skin[FACES]; /* share of the faces; NAN: none */
};
extern const char *const face_names[FACES]; /* "nak", "void", "hardware" */

/* Sums of whole numbers, for each thread. */
struct sheet;
enum err sheet_new(
	struct sheet **sheet, int64_t ny, int64_t nx, bool has_aperture, struct arena *arena);

/* Row y of plane z. truth, found: the 2 SHEET_REACH + 1 planes around z, NULL where there is none;
 * aperture: plane z, or NULL. Rows may be asked by different threads. */
void sheet_row(struct sheet *sheet, const uint8_t *const *truth, const uint8_t *const *found,
	const uint8_t *aperture, int64_t y, int thread);

void sheet_result(const struct sheet *sheet, struct score_sheet *result);

#endif
