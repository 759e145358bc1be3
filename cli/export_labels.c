/* SPDX-License-Identifier: BSD-3-Clause
 * tomochron export of a label file: pictures and surfaces. */
#include "cli/label_pictures.h"
#include "core/log.h"
#include "io/labels.h"

#include <math.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static bool ends_in(const char *path, const char *ending)
{
	size_t n = strlen(path), m = strlen(ending);

	return n > m && !strcasecmp(path + n - m, ending);
}

static enum err read_file(void *context, int64_t z, int64_t n, uint8_t *planes)
{
	return labels_read(context, z, n, planes);
}

static struct label_source source_of(struct labels *labels, const char *place)
{
	const char *slash = strrchr(place, '/');

	return (struct label_source){.context = labels,
		.read = read_file,
		.nz = labels->nz,
		.ny = labels->ny,
		.nx = labels->nx,
		.first_row = labels->first_row > 0 ? labels->first_row : 0,
		.voxel_um = labels->voxel_um,
		.name = slash ? slash + 1 : place};
}

/* PATH of the volume that the labels are of, checked. */
static enum err open_volume(
	struct volume_view *volume, const char *place, const struct labels *l, struct arena *arena)
{
	TRY(volume_view(volume, place, arena));
	if (volume->nz == l->nz && volume->ny == l->ny && volume->nx == l->nx)
		return OK;
	return fail(ERR_USAGE,
		"%s: is %lld x %lld x %lld voxels, and the labels are %lld x %lld x %lld: not the "
		"volume that they are of",
		place, (long long)volume->nz, (long long)volume->ny, (long long)volume->nx,
		(long long)l->nz, (long long)l->ny, (long long)l->nx);
}

static enum err draw(struct labels *l, const char *place, struct volume_view *volume,
	const struct settings *s, struct arena *arena)
{
	const char *out = s->output.path, *stem;
	bool mesh = !ends_in(out, ".png");
	struct label_source source = source_of(l, place);
	struct topview view;
	struct face_maps maps;

	if (*s->picture.volume)
		TRY(open_volume(volume, s->picture.volume, l, arena));
	if (*s->picture.volume && !isfinite(source.voxel_um))
		source.voxel_um = volume->voxel_um;
	NEED(stem = arena_format(
		     arena, "%.*s", (int)(strlen(out) - (ends_in(out, ".cuts.png") ? 9 : 4)), out));
	TRY(label_side(&source, arena));
	TRY(label_topview(&source, &view, arena));
	TRY(topview_maps(&view, NULL, &maps, arena));
	if (mesh) {
		struct mesh_settings how = s->mesh;

		how.format = ends_in(out, ".stl") ? MESH_STL : MESH_VTP;
		return label_meshes(&source, &maps, &how, stem, arena);
	}
	TRY(label_pictures(&source, &view, &maps, *s->picture.volume ? volume : NULL,
		(struct quantity){NAN, NAN}, out, stem, arena));
	log_info("%s, %s.crack.png, %s.contact.png: pictures of %s", out, stem, stem, place);
	return OK;
}

enum err export_labels(const char *place, const struct settings *s, struct arena *arena, bool *done)
{
	struct volume_view volume = {.hdf5 = {.file = -1, .id = -1}};
	bool wanted = *s->picture.volume != 0, mesh;
	struct labels labels;
	enum err e;

	*done = false;
	mesh = ends_in(s->output.path, ".vtp") || ends_in(s->output.path, ".stl");
	if (mesh)
		TRY(label_meshes_check(&s->mesh));
	if (!mesh && !ends_in(s->output.path, ".png"))
		return wanted ? fail(ERR_USAGE, "--volume goes with labels and -o FILE.png") : OK;
	e = labels_open(&labels, place, arena);
	if (e != OK)
		return wanted || mesh ? e : OK; /* a volume; what is wrong with it others tell */
	if (!wanted && !mesh && !labels.names) {
		labels_close(&labels);
		return OK;
	}
	*done = true;
	e = access(s->output.path, F_OK) == 0 && !s->run.force
		    ? fail(ERR_USAGE, "%s: exists; choose another name or --force to replace it",
			      s->output.path)
		    : draw(&labels, place, &volume, s, arena);
	volume_view_close(&volume);
	labels_close(&labels);
	return e;
}
