/* SPDX-License-Identifier: BSD-3-Clause
 * The pictures of a label volume, for `segment` (labels in its scratch file) and `export` (labels in a file). */
#ifndef CLI_LABEL_PICTURES_H
#define CLI_LABEL_PICTURES_H

#include "config/settings.h"
#include "core/arena.h"
#include "core/metrics.h"
#include "io/volume_view.h"
#include "segment/topview.h"

#include <stdbool.h>
#include <stdint.h>

/* Label planes from wherever they are. read() fills n planes from z on; uint8, enum label. */
struct label_source {
	void *context;
	enum err (*read)(void *context, int64_t z, int64_t n, uint8_t *planes);
	int64_t nz, ny, nx;
	int64_t first_row; /* detector row of plane 0, 0 when not known */
	double voxel_um;   /* NAN: not known */
	bool below;	   /* the liquid lies below the ceramic (higher rows) */
	const char *name;  /* for titles */
};

/* On which side of the ceramic the liquid is, by the middles of both: a pass over the labels. */
enum err label_side(struct label_source *source, struct arena *arena);

/* All columns of the volume: a pass over the labels. */
enum err label_topview(
	const struct label_source *source, struct topview *view, struct arena *arena);

/* A page of three cuts where there is most to see. volume: the grey values, or NULL. */
enum err label_cuts(const struct label_source *source, const struct topview *view,
	struct volume_view *volume, const char *path, struct arena *arena);

/* PNGs: the cuts at `cuts`, STEM.crack.png and STEM.contact.png. contact: as measured, or value NAN. */
enum err label_pictures(const struct label_source *source, const struct topview *view,
	const struct face_maps *maps, struct volume_view *volume, struct quantity contact,
	const char *cuts, const char *stem, struct arena *arena);

/* Surfaces STEM.OBJECT.vtp or .stl of each of s->objects, in um on the axes of the volume's file (x, y, z); an object
 * that is not there gives a file without triangles. ERR_USAGE: an unknown name. */
enum err label_meshes_check(const struct mesh_settings *s);
enum err label_meshes(const struct label_source *source, const struct face_maps *maps,
	const struct mesh_settings *s, const char *stem, struct arena *arena);

/* `export` of labels: pictures of a label volume that says what it is, or is given a volume (--volume), when the
 * output is a PNG; surfaces when it is a .vtp or .stl. *done false: it is something else. */
enum err export_labels(
	const char *place, const struct settings *s, struct arena *arena, bool *done);

#endif
