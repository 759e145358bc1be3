/* SPDX-License-Identifier: BSD-3-Clause
 * The circle of view: what a scan over half a turn sees at every angle. Beyond it a reconstruction holds one
 * constant value, which would make edges; filters get the plane mirrored about the circle instead. */
#ifndef SEGMENT_CIRCLE_H
#define SEGMENT_CIRCLE_H

#include "core/arena.h"
#include "core/error.h"

#include <stdint.h>

struct circle {
	int64_t ny, nx;
	double radius;	 /* voxels, about the middle of the plane; INFINITY: all is seen */
	int64_t inside;	 /* voxels of a plane */
	int32_t *mirror; /* (ny, nx): the voxel to take the value from; itself inside */
};

/* The radius outside of which a plane is constant, seen along its diagonals; INFINITY: it is not constant
 * even in the corners. */
double circle_radius(const float *plane, int64_t ny, int64_t nx);

/* At most 46340 x 46340 voxels a plane (ERR_USAGE). */
enum err circle_new(
	struct circle *circle, int64_t ny, int64_t nx, double radius, struct arena *arena);

static inline int circle_has(const struct circle *circle, int64_t i)
{
	return circle->mirror[i] == i;
}

/* Rings of a scan over half a turn are half circles, so what goes wrong about the middle is looked at in
 * bins of whole distance from it and of eighths of a turn: number distance * CIRCLE_SECTORS + eighth. */
enum { CIRCLE_SECTORS = 8 };

int64_t circle_bins(const struct circle *circle); /* as many as there are at most */
int64_t circle_bin(const struct circle *circle, int64_t i);

/* Values beyond the circle become those mirrored about it. */
void circle_fill(const struct circle *circle, float *plane);

#endif
