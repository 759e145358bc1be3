/* SPDX-License-Identifier: BSD-3-Clause
 * Surfaces of labels to files; see cli/label_pictures.h. */
#include "cli/console.h"
#include "cli/label_pictures.h"
#include "core/log.h"
#include "io/mesh.h"
#include "segment/surface.h"

#include <math.h>
#include <string.h>

enum { DEPTH = 64 };

/* What --mesh.objects can name. Things that fill the view have no walls at its end. */
static const struct object {
	const char *name;
	enum label first, last;
	bool open;
} objects[] = {
	{"crack", LABEL_CRACK, LABEL_CRACK_NAK, false},
	{"void", LABEL_VOID, LABEL_VOID, false},
	{"nak", LABEL_NAK, LABEL_NAK, true},
	{"nasicon", LABEL_NASICON, LABEL_NASICON, true},
	{"hardware", LABEL_HARDWARE, LABEL_HARDWARE, true},
};
enum { N_OBJECTS = sizeof(objects) / sizeof(*objects) };

struct meshing {
	const struct label_source *source;
	const struct face_maps *maps;
	struct mesh_writer *writer;
	struct arena *arena;
	double unit, middle[2]; /* um a voxel, middle of a plane (y, x) */
	bool stl;
};

static enum err read_planes(void *context, int64_t z, int64_t n, uint8_t *planes)
{
	const struct meshing *m = context;

	if (console_interrupted())
		return fail(ERR_INTERRUPTED, "interrupted while surfaces were made");
	return m->source->read(m->source->context, z, n, planes);
}

/* To the axes of the volume's file. */
static void to_um(const struct meshing *m, const float at[3], float out[3])
{
	out[0] = (float)(m->unit * ((double)at[0] - m->middle[1]));
	out[1] = (float)(m->unit * ((double)at[1] - m->middle[0]));
	out[2] = (float)(m->unit * ((double)at[2] + (double)m->source->first_row));
}

/* The map's number nearest to a point, within a column; 0: there is none. */
static float look_up(const struct meshing *m, const float *map, const float at[3])
{
	int64_t y0 = (int64_t)floorf(at[1] + 0.5f), x0 = (int64_t)floorf(at[0] + 0.5f);
	float best = 9, value = 0;

	for (int64_t k = 0; k < 9; k++) {
		int64_t y = y0 + k / 3 - 1, x = x0 + k % 3 - 1;
		float dy = (float)y - at[1], dx = (float)x - at[0], far = dy * dy + dx * dx;

		if (y < 0 || x < 0 || y >= m->maps->ny || x >= m->maps->nx || far >= best ||
			!isfinite(map[y * m->maps->nx + x]))
			continue;
		best = far;
		value = (float)(m->unit * (double)map[y * m->maps->nx + x]);
	}
	return value;
}

static enum err put_points(struct meshing *m, const struct surface_part *part)
{
	int64_t n = part->p1 - part->p0;
	float(*at)[3] = arena_alloc(m->arena, n + 1, sizeof(*at));
	float *aperture = ARENA_NEW(m->arena, float, n + 1),
	      *depth = ARENA_NEW(m->arena, float, n + 1);
	const float *values[] = {aperture, depth};

	NEED(at);
	NEED(aperture);
	NEED(depth);
	for (int64_t i = 0; i < n; i++) {
		to_um(m, part->at[part->p0 + i], at[i]);
		aperture[i] = look_up(m, m->maps->aperture, part->at[part->p0 + i]);
		depth[i] = look_up(m, m->maps->depth, part->at[part->p0 + i]);
	}
	return mesh_points(m->writer, n, (const float(*)[3])at, values);
}

static enum err put_vtp(struct meshing *m, const struct surface_part *part)
{
	int64_t(*corner)[3] = arena_alloc(m->arena, part->n + 1, sizeof(*corner));
	uint8_t *label = ARENA_NEW(m->arena, uint8_t, part->n + 1);

	NEED(corner);
	NEED(label);
	for (int64_t t = 0; t < part->n; t++) {
		label[t] = part->label[part->corner[t][0]];
		for (int c = 0; c < 3; c++)
			corner[t][c] = part->first + part->corner[t][c];
	}
	TRY(put_points(m, part));
	return mesh_triangles(m->writer, part->n, (const int64_t(*)[3])corner, label);
}

static enum err put_part(void *context, const struct surface_part *part)
{
	struct meshing *m = context;
	struct arena_mark mark = arena_mark(m->arena);
	float(*at)[3][3];

	if (!m->stl) {
		TRY(put_vtp(m, part));
	} else {
		NEED(at = arena_alloc(m->arena, part->n + 1, sizeof(*at)));
		for (int64_t t = 0; t < part->n; t++)
			for (int c = 0; c < 3; c++)
				to_um(m, part->at[part->corner[t][c]], at[t][c]);
		TRY(mesh_facets(m->writer, part->n, (const float(*)[3][3])at));
	}
	arena_release(m->arena, mark);
	return OK;
}

static enum err run(struct meshing *m, const struct object *object, const struct mesh_settings *s)
{
	struct surface_plan plan = {.nz = m->source->nz,
		.ny = m->source->ny,
		.nx = m->source->nx,
		.open = object->open,
		.rounds = (int)s->smooth,
		.depth = DEPTH,
		.context = m,
		.read = read_planes,
		.put = put_part};

	for (int k = 0; k < 256; k++) {
		plan.object[k] = k >= (int)object->first && k <= (int)object->last;
		plan.beyond[k] = k == LABEL_OUTSIDE || k >= N_LABELS;
	}
	return surface_run(&plan, m->arena);
}

static enum err one_mesh(const struct label_source *source, const struct face_maps *maps,
	const struct mesh_settings *s, const struct object *object, const char *path,
	struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	bool known = isfinite(source->voxel_um), stl = s->format == MESH_STL;
	bool has_map = object->first == LABEL_CRACK;
	struct meshing m = {.source = source,
		.maps = maps,
		.arena = arena,
		.unit = known ? source->voxel_um : 1,
		.middle = {0.5 * (double)(source->ny - 1), 0.5 * (double)(source->nx - 1)},
		.stl = stl};
	struct mesh_plan plan = {.path = path, .stl = stl};
	enum err e;

	if (has_map && !stl) {
		plan.names[0] = known ? "aperture_um" : "aperture";
		plan.names[1] = known ? "depth_um" : "depth";
	}
	NEED(plan.about = arena_format(
		     arena, "tomochron: %s; x, y, z in %s", object->name, known ? "um" : "voxels"));
	e = mesh_create(&m.writer, &plan, arena);
	e = e == OK ? run(&m, object, s) : e;
	if (e == OK) {
		log_info("mesh      %s: %lld triangles", path, (long long)mesh_count(m.writer));
		e = mesh_finish(m.writer);
	} else {
		mesh_abandon(m.writer);
	}
	arena_release(arena, mark);
	return e;
}

static const struct object *find_object(const char *name, size_t n)
{
	for (size_t k = 0; k < N_OBJECTS; k++)
		if (strlen(objects[k].name) == n && !strncmp(objects[k].name, name, n))
			return &objects[k];
	return NULL;
}

/* The next name of a list with commas; NULL at its end. */
static enum err next_object(const char **list, const struct object **object)
{
	size_t n;

	*object = NULL;
	*list += strspn(*list, ", ");
	n = strcspn(*list, ", ");
	if (!n)
		return OK;
	*object = find_object(*list, n);
	if (!*object)
		return fail(ERR_USAGE,
			"--mesh.objects: %.*s is none of crack, void, nak, nasicon, hardware",
			(int)n, *list);
	*list += n;
	return OK;
}

enum err label_meshes_check(const struct mesh_settings *s)
{
	const char *list = s->objects;
	const struct object *object;
	int n = 0;

	for (;; n++) {
		TRY(next_object(&list, &object));
		if (!object)
			break;
	}
	return n ? OK : fail(ERR_USAGE, "--mesh.objects names nothing");
}

enum err label_meshes(const struct label_source *source, const struct face_maps *maps,
	const struct mesh_settings *s, const char *stem, struct arena *arena)
{
	const char *list = s->objects, *path;
	const struct object *object;

	for (;;) {
		TRY(next_object(&list, &object));
		if (!object)
			return OK;
		NEED(path = arena_format(arena, "%s.%s.%s", stem, object->name,
			     s->format == MESH_STL ? "stl" : "vtp"));
		TRY(one_mesh(source, maps, s, object, path, arena));
	}
}
