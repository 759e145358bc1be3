/* SPDX-License-Identifier: BSD-3-Clause
 * Triangle meshes to files, streamed: parts wait in files without a name beside the output until all is counted.
 *
 * VTP: XML of VTK with its arrays appended raw (little-endian, Int32 indices), as ParaView reads it: one triangle a polygon, the
 * array `label` (UInt8) on triangles, arrays of numbers (Float32) on points. STL: binary, 50 bytes a triangle; it knows
 * neither points nor numbers. Coordinates are x, y, z as given (um). */
#ifndef IO_MESH_H
#define IO_MESH_H

#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

enum { MESH_VALUES = 4 };

struct mesh_plan {
	const char *path;
	bool stl;
	const char *names[MESH_VALUES]; /* of numbers on points; NULL ends them. STL: none */
	const char *about;		/* a line for the head of the file */
};

struct mesh_writer;

/* The file appears whole with mesh_finish(), in place of one of that name. */
enum err mesh_create(struct mesh_writer **out, const struct mesh_plan *plan, struct arena *arena);

/* n more points and their numbers: values[k][i] of point i. */
enum err mesh_points(
	struct mesh_writer *w, int64_t n, const float (*at)[3], const float *const *values);

/* n more triangles: numbers of points from 0 on, in VTP; the corners themselves, in STL, which needs no points. */
enum err mesh_triangles(
	struct mesh_writer *w, int64_t n, const int64_t (*corner)[3], const uint8_t *label);
enum err mesh_facets(struct mesh_writer *w, int64_t n, const float (*at)[3][3]);

int64_t mesh_count(const struct mesh_writer *w); /* triangles so far */

/* ERR_RESOURCE: more than 2^31 - 1 points or corners (VTP) or 2^32 - 1 triangles (STL). */
enum err mesh_finish(struct mesh_writer *w);
void mesh_abandon(struct mesh_writer *w); /* after an error; NULL is fine */

#endif
