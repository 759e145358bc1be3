/* SPDX-License-Identifier: BSD-3-Clause */
#include "io/volume_view.h"

#include "io/tiff_read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err open_hdf5(struct volume_view *v, const char *place, struct arena *arena)
{
	struct hdf5_view *h = &v->hdf5;
	double row = -1, step = 1;

	TRY(hdf5_view(h, place, arena));
	v->path = h->path;
	v->nz = h->nz;
	v->ny = h->ny;
	v->nx = h->nx;
	v->bits = h->bits;
	hdf5_view_text(h, NULL, "units", &v->units, arena);
	hdf5_view_number(h, NULL, "voxel_um", &v->voxel_um);
	hdf5_view_number(h, NULL, "first_row", &row);
	hdf5_view_number(h, NULL, "row_step", &step);
	hdf5_view_number(h, NULL, "scale_low", &v->low);
	hdf5_view_number(h, NULL, "scale_high", &v->high);
	if (!strcmp(h->key, "/entry/data/data"))
		hdf5_view_value(h, "/entry/process/center", &v->center);
	v->first_row = (int64_t)row;
	v->row_step = (int64_t)step;
	if (v->nz < 1 || v->ny < 1 || v->nx < 1) {
		hdf5_view_close(h);
		return fail(ERR_INPUT, "%s: %s: is empty", h->path, h->key);
	}
	return OK;
}

/* Facts that recon wrote beside the slices; none for a folder of others. */
static enum err read_provenance(struct volume_view *v, struct arena *arena)
{
	const char *path = arena_format(arena, "%s/provenance.yaml", v->path);
	double row = -1, step = 1;
	const struct {
		const char *key;
		double *value;
	} numbers[] = {{"first_row", &row}, {"row_step", &step}, {"voxel_um", &v->voxel_um},
		{"center", &v->center}, {"scale_low", &v->low}, {"scale_high", &v->high}};
	char line[256], units[32];
	FILE *file;

	NEED(path);
	file = fopen(path, "r");
	if (!file)
		return OK;
	while (fgets(line, sizeof(line), file)) {
		char *colon = strchr(line, ':');

		if (!colon || line[0] == ' ')
			continue;
		*colon = '\0';
		for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
			if (!strcmp(line, numbers[i].key) && !strstr(colon + 1, ".nan"))
				*numbers[i].value = strtod(colon + 1, NULL);
		if (!strcmp(line, "units") && sscanf(colon + 1, " %31s", units) == 1)
			v->units = arena_copy(arena, units);
	}
	fclose(file);
	NEED(v->units);
	v->first_row = (int64_t)row;
	v->row_step = (int64_t)step;
	return OK;
}

/* Slices by name: recon_*.tif if there are any. */
static enum err list_slices(
	struct volume_view *v, struct arena *arena, const char ***names, int64_t *n)
{
	static const char *const endings[] = {".tif", ".tiff", NULL};
	int64_t all, ours = 0, kept = 0;

	TRY(list_folder(v->path, arena, names, &all));
	for (int64_t i = 0; i < all; i++)
		ours += has_suffix((*names)[i], endings) && !strncmp((*names)[i], "recon_", 6);
	for (int64_t i = 0; i < all; i++)
		if (has_suffix((*names)[i], endings) &&
			(!ours || !strncmp((*names)[i], "recon_", 6)))
			(*names)[kept++] = (*names)[i];
	*n = kept;
	if (!kept)
		return fail(ERR_INPUT, "%s: there are no TIFF slices in this folder", v->path);
	return OK;
}

static enum err take_stack(struct volume_view *v, struct arena *arena)
{
	v->nz = v->stack->n;
	v->ny = v->stack->n_row;
	v->nx = v->stack->n_col;
	v->bits = 8 * sample_bytes(v->stack->type);
	NEED(v->row = ARENA_NEW(arena, float, v->nx));
	return OK;
}

static enum err open_folder(struct volume_view *v, const char *place, struct arena *arena)
{
	const char **names;
	int64_t n;

	NEED(v->path = arena_copy(arena, place));
	v->is_tiff = true;
	NEED(v->tiff = ARENA_ZERO(arena, struct scan_source, 1));
	v->tiff->arena = arena;
	TRY(list_slices(v, arena, &names, &n));
	TRY(tiff_stack(v->tiff, v->path, names, n, "*.tif", &v->stack));
	TRY(take_stack(v, arena));
	return read_provenance(v, arena);
}

/* One TIFF of many pages. */
static enum err open_pages(struct volume_view *v, const char *place, struct arena *arena)
{
	const char **name = ARENA_NEW(arena, const char *, 1);

	NEED(name);
	NEED(v->path = *name = arena_copy(arena, place));
	v->is_tiff = true;
	NEED(v->tiff = ARENA_ZERO(arena, struct scan_source, 1));
	v->tiff->arena = arena;
	TRY(tiff_stack(v->tiff, "", name, 1, place, &v->stack));
	return take_stack(v, arena);
}

static bool is_tiff(const char *place)
{
	static const char *const endings[] = {".tif", ".tiff", NULL};

	return is_file(place) && has_suffix(place, endings);
}

enum err volume_view(struct volume_view *view, const char *place, struct arena *arena)
{
	enum err e;

	*view = (struct volume_view){.first_row = -1,
		.row_step = 1,
		.voxel_um = NAN,
		.center = NAN,
		.units = "",
		.low = NAN,
		.high = NAN,
		.hdf5 = {.file = -1, .id = -1}};
	if (!is_folder(place) && !is_tiff(place))
		return open_hdf5(view, place, arena);
	e = is_folder(place) ? open_folder(view, place, arena) : open_pages(view, place, arena);
	if (e != OK)
		volume_view_close(view);
	return e;
}

void volume_view_close(struct volume_view *view)
{
	hdf5_view_close(&view->hdf5);
	for (struct stack *s = view->tiff ? view->tiff->stacks : NULL; s; s = s->next)
		s->close(s);
	view->tiff = NULL;
}

static enum err read_tiff(struct volume_view *v, const struct hdf5_window *w, float *out)
{
	const uint8_t *narrow = v->row;
	const uint16_t *wide = v->row;
	const float *real = v->row;

	for (int64_t i = 0; i < w->n; i++) {
		int64_t y = w->y0 + i * w->step;

		TRY(v->stack->read(v->stack, w->z, 1, y, y + 1, v->row));
		for (int64_t x = w->x0; x < w->x0 + w->m; x++)
			*out++ = v->stack->type == SAMPLE_U8	? narrow[x]
				 : v->stack->type == SAMPLE_U16 ? wide[x]
								: real[x];
	}
	return OK;
}

enum err volume_view_read(struct volume_view *v, const struct hdf5_window *w, float *out)
{
	double step = (v->high - v->low) / (v->bits == 8 ? 255 : 65535);

	if (v->is_tiff)
		TRY(read_tiff(v, w, out));
	else
		TRY(hdf5_view_window(&v->hdf5, w, out));
	if ((v->bits == 8 || v->bits == 16) && isfinite(step))
		for (int64_t i = 0; i < w->n * w->m; i++)
			out[i] = (float)(v->low + step * (double)out[i]);
	return OK;
}
