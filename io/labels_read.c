/* SPDX-License-Identifier: BSD-3-Clause
 * Reading label volumes: uint8 as it is, other whole numbers through floats, whose values are
 * looked at one by one. */
#include "io/labels.h"

#include "io/source.h"

#include <math.h>
#include <string.h>

/* Another array of bytes beside the labels, if there is one. */
static enum err take_beside(
	struct labels *l, const char *name, struct hdf5_view *view, bool *has, struct arena *arena)
{
	const char *place = arena_format(arena, "%s:/entry/data/%s", l->view.hdf5.path, name);
	struct hdf5_view v;

	NEED(place);
	if (hdf5_view(&v, place, arena) != OK)
		return OK;
	*has = v.nz == l->nz && v.ny == l->ny && v.nx == l->nx && v.bits == 8;
	if (*has)
		*view = v;
	else
		hdf5_view_close(&v);
	return OK;
}

static enum err take_hdf5(struct labels *l, struct arena *arena)
{
	struct hdf5_view *h = &l->view.hdf5;
	double *attenuation = ARENA_NEW(arena, double, N_LABELS);

	NEED(attenuation);
	l->key = h->key;
	if (!h->whole)
		return fail(ERR_INPUT,
			"%s: %s: holds real numbers; labels are whole numbers from 0 to 255",
			h->path, h->key);
	TRY(hdf5_view_texts(h, "labels", &l->names, &l->n_names, arena));
	if (hdf5_view_values(h, "/entry/truth/attenuation", N_LABELS, attenuation))
		l->attenuation = attenuation;
	if (strcmp(h->key, "/entry/data/data") != 0)
		return OK;
	TRY(take_beside(l, "fraction", &l->fraction, &l->has_fraction, arena));
	return take_beside(l, "aperture", &l->aperture, &l->has_aperture, arena);
}

enum err labels_open(struct labels *l, const char *place, struct arena *arena)
{
	struct volume_view *v = &l->view;
	enum err e;

	*l = (struct labels){
		.key = "", .fraction = {.file = -1, .id = -1}, .aperture = {.file = -1, .id = -1}};
	TRY(volume_view(v, place, arena));
	l->path = v->path;
	l->nz = v->nz;
	l->ny = v->ny;
	l->nx = v->nx;
	l->first_row = v->first_row;
	l->voxel_um = v->voxel_um;
	e = OK;
	if (v->row_step != 1)
		e = fail(ERR_INPUT,
			"%s: each plane stands for %lld detector rows; labels have one a plane",
			v->path, (long long)v->row_step);
	if (e == OK && !v->is_tiff)
		e = take_hdf5(l, arena);
	if (e == OK && v->bits != 8 && !(l->wide = ARENA_NEW(arena, float, v->ny * v->nx)))
		e = ERR_RESOURCE;
	if (e != OK)
		labels_close(l);
	return e;
}

void labels_close(struct labels *l)
{
	volume_view_close(&l->view);
	hdf5_view_close(&l->fraction);
	hdf5_view_close(&l->aperture);
}

int64_t labels_depth(const struct labels *l)
{
	int64_t depth = l->view.is_tiff ? 1 : l->view.hdf5.depth;

	return depth < 1 ? 1 : depth > 64 ? 64 : depth;
}

static enum err fail_value(const struct labels *l, int64_t z, int64_t i, double value)
{
	return fail(ERR_INPUT,
		"%s%s%s: the value at z %lld, y %lld, x %lld is %.9g; labels are whole numbers "
		"from 0 "
		"to 255",
		l->path, *l->key ? ": " : "", l->key, (long long)z, (long long)(i / l->nx),
		(long long)(i % l->nx), value);
}

/* A plane of another type. */
static enum err read_wide(struct labels *l, int64_t z, uint8_t *out)
{
	int64_t n = l->ny * l->nx;
	const uint16_t *number = l->wide;
	const float *real = l->wide;
	bool short_number = l->view.bits == 16;

	if (!l->view.is_tiff)
		TRY(short_number ? hdf5_view_raw(&l->view.hdf5, z, l->wide)
				 : hdf5_view_float(&l->view.hdf5, z, l->wide));
	else
		TRY(l->view.stack->read(l->view.stack, z, 1, 0, l->ny, l->wide));
	for (int64_t i = 0; i < n; i++) {
		float value = short_number ? (float)number[i] : real[i];

		if (!(value >= 0 && value <= 255) || value != floorf(value))
			return fail_value(l, z, i, (double)value);
		out[i] = (uint8_t)value;
	}
	return OK;
}

enum err labels_read(struct labels *l, int64_t z0, int64_t n, uint8_t *out)
{
	if (l->view.bits == 8)
		return l->view.is_tiff ? l->view.stack->read(l->view.stack, z0, n, 0, l->ny, out)
				       : hdf5_view_bytes(&l->view.hdf5, z0, n, out);
	for (int64_t i = 0; i < n; i++)
		TRY(read_wide(l, z0 + i, out + i * l->ny * l->nx));
	return OK;
}

enum err labels_read_fraction(struct labels *l, int64_t z0, int64_t n, uint8_t *out)
{
	return hdf5_view_bytes(&l->fraction, z0, n, out);
}

enum err labels_read_aperture(struct labels *l, int64_t z0, int64_t n, uint8_t *out)
{
	return hdf5_view_bytes(&l->aperture, z0, n, out);
}
