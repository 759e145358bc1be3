/* SPDX-License-Identifier: BSD-3-Clause */
#include "io/hdf5_view.h"

#include <hdf5.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* FILE:KEY, when the whole is not itself a file and KEY starts after the last colon. */
static enum err split(struct hdf5_view *view, const char *place, struct arena *arena)
{
	char *path = arena_copy(arena, place), *colon;

	NEED(path);
	view->path = path;
	view->key = "/entry/data/data";
	colon = strrchr(path, ':');
	if (access(path, F_OK) != 0 && colon && colon[1]) {
		*colon = '\0';
		view->key = colon + 1;
	}
	if (access(view->path, R_OK) != 0)
		return fail(ERR_INPUT, "%s: no such file, or it cannot be read", view->path);
	return OK;
}

static int64_t known_bits(hid_t id, bool *whole)
{
	hid_t type = H5Dget_type(id);
	size_t size = H5Tget_size(type);
	H5T_class_t kind = H5Tget_class(type);
	int64_t bits = 0;

	if (kind == H5T_FLOAT && size == 4)
		bits = 32;
	if (kind == H5T_INTEGER && size <= 2 && H5Tget_sign(type) == H5T_SGN_NONE)
		bits = 8 * (int64_t)size;
	if (kind != H5T_FLOAT && kind != H5T_INTEGER)
		bits = -1;
	*whole = kind == H5T_INTEGER;
	H5Tclose(type);
	return bits;
}

/* A chunk that is deeper than a slice would be unpacked again for every slice: room for a layer of
 * chunks, unless that is very much. */
static hid_t open_array(hid_t file, const char *key, int64_t *depth)
{
	const double most = 512e6;
	hid_t id = H5Dopen2(file, key, H5P_DEFAULT), plan, space, type, access;
	hsize_t chunk[3], shape[3];
	double bytes;

	*depth = 1;
	if (id < 0)
		return id;
	plan = H5Dget_create_plist(id);
	space = H5Dget_space(id);
	type = H5Dget_type(id);
	bytes = (double)H5Tget_size(type);
	if (H5Sget_simple_extent_ndims(space) == 3 && H5Pget_layout(plan) == H5D_CHUNKED &&
		H5Pget_chunk(plan, 3, chunk) == 3) {
		H5Sget_simple_extent_dims(space, shape, NULL);
		*depth = (int64_t)chunk[0];
		bytes *= (double)chunk[0];
		for (int i = 1; i < 3; i++)
			bytes *= (double)((shape[i] + chunk[i] - 1) / chunk[i]) * (double)chunk[i];
	}
	H5Tclose(type);
	H5Sclose(space);
	H5Pclose(plan);
	if (*depth == 1 || bytes > most)
		return id;
	H5Dclose(id);
	access = H5Pcreate(H5P_DATASET_ACCESS);
	H5Pset_chunk_cache(access, 10007, (size_t)bytes, 1);
	id = H5Dopen2(file, key, access);
	H5Pclose(access);
	return id;
}

static hid_t open_file(const char *path)
{
	hid_t access = H5Pcreate(H5P_FILE_ACCESS), id;

#if H5_VERSION_GE(1, 10, 7)
	H5Pset_file_locking(access, 0, 1); /* a volume may be looked at while it is written */
#endif
	H5Pset_sieve_buf_size(
		access, 4096); /* columns of a slice: a page for each row, not 64 kB */
	id = H5Fopen(path, H5F_ACC_RDONLY, access);
	H5Pclose(access);
	return id;
}

enum err hdf5_view(struct hdf5_view *view, const char *place, struct arena *arena)
{
	hsize_t shape[3];
	hid_t space;
	int rank;

	*view = (struct hdf5_view){.file = -1, .id = -1};
	TRY(split(view, place, arena));
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	view->file = open_file(view->path);
	if (view->file < 0)
		return fail(ERR_INPUT, "%s: not an HDF5 file, or a damaged one", view->path);
	view->id = open_array(view->file, view->key, &view->depth);
	if (view->id < 0) {
		hdf5_view_close(view);
		return fail(ERR_INPUT, "%s: %s: there is no such dataset", view->path, view->key);
	}
	space = H5Dget_space(view->id);
	rank = H5Sget_simple_extent_ndims(space);
	if (rank == 3)
		H5Sget_simple_extent_dims(space, shape, NULL);
	H5Sclose(space);
	view->bits = known_bits(view->id, &view->whole);
	if (rank != 3 || view->bits < 0) {
		hdf5_view_close(view);
		return fail(ERR_INPUT,
			"%s: %s: has %d dimensions%s; a volume has three, of "
			"numbers",
			view->path, view->key, rank, view->bits < 0 ? " of no numbers" : "");
	}
	view->nz = (int64_t)shape[0];
	view->ny = (int64_t)shape[1];
	view->nx = (int64_t)shape[2];
	haddr_t at = H5Dget_offset(view->id);

	view->offset = at == HADDR_UNDEF ? -1 : (int64_t)at;
	return OK;
}

void hdf5_view_close(struct hdf5_view *view)
{
	if (view->id >= 0)
		H5Dclose(view->id);
	if (view->file >= 0)
		H5Fclose(view->file);
	view->id = view->file = -1;
}

static enum err read_window(
	struct hdf5_view *view, const struct hdf5_window *w, hid_t type, void *out)
{
	hsize_t start[3] = {(hsize_t)w->z, (hsize_t)w->y0, (hsize_t)w->x0};
	hsize_t stride[3] = {1, (hsize_t)w->step, 1};
	hsize_t count[3] = {1, (hsize_t)w->n, (hsize_t)w->m};
	hid_t space = H5Dget_space(view->id), memory = H5Screate_simple(3, count, NULL);
	int bad;

	H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* a setting of the thread */
	bad = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, stride, count, NULL) < 0 ||
	      H5Dread(view->id, type, memory, space, H5P_DEFAULT, out) < 0;
	H5Sclose(space);
	H5Sclose(memory);
	if (bad)
		return fail(ERR_INPUT, "%s: %s: slice %lld cannot be read", view->path, view->key,
			(long long)w->z);
	return OK;
}

enum err hdf5_view_window(struct hdf5_view *view, const struct hdf5_window *window, float *out)
{
	return read_window(view, window, H5T_NATIVE_FLOAT, out);
}

enum err hdf5_view_bytes(struct hdf5_view *view, int64_t z, int64_t n, uint8_t *out)
{
	hsize_t start[3] = {(hsize_t)z, 0, 0};
	hsize_t count[3] = {(hsize_t)n, (hsize_t)view->ny, (hsize_t)view->nx};
	hid_t space = H5Dget_space(view->id), memory = H5Screate_simple(3, count, NULL);
	int bad;

	H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* a setting of the thread */
	bad = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
	      H5Dread(view->id, H5T_NATIVE_UINT8, memory, space, H5P_DEFAULT, out) < 0;
	H5Sclose(space);
	H5Sclose(memory);
	if (bad)
		return fail(ERR_INPUT, "%s: %s: slices %lld to %lld cannot be read", view->path,
			view->key, (long long)z, (long long)(z + n - 1));
	return OK;
}

static enum err read_slice(struct hdf5_view *view, int64_t z, hid_t type, void *out)
{
	const struct hdf5_window all = {.z = z, .step = 1, .n = view->ny, .m = view->nx};

	return read_window(view, &all, type, out);
}

enum err hdf5_view_float(struct hdf5_view *view, int64_t z, float *out)
{
	return read_slice(view, z, H5T_NATIVE_FLOAT, out);
}

enum err hdf5_view_raw(struct hdf5_view *view, int64_t z, void *out)
{
	return read_slice(view, z,
		view->bits == 8	   ? H5T_NATIVE_UINT8
		: view->bits == 16 ? H5T_NATIVE_UINT16
				   : H5T_NATIVE_FLOAT,
		out);
}

static hid_t open_attribute(struct hdf5_view *view, const char *path, const char *name)
{
	if (!path)
		return H5Aopen(view->id, name, H5P_DEFAULT);
	return H5Aopen_by_name(view->file, path, name, H5P_DEFAULT, H5P_DEFAULT);
}

void hdf5_view_number(
	struct hdf5_view *view, const char *path, const char *attribute, double *value)
{
	hid_t id = open_attribute(view, path, attribute);
	double got;

	if (id < 0)
		return;
	hid_t space = H5Aget_space(id);

	if (H5Sget_simple_extent_npoints(space) == 1 && H5Aread(id, H5T_NATIVE_DOUBLE, &got) >= 0)
		*value = got;
	H5Sclose(space);
	H5Aclose(id);
}

bool hdf5_view_values(struct hdf5_view *view, const char *path, int64_t n, double *values)
{
	hid_t id = H5Dopen2(view->file, path, H5P_DEFAULT);
	bool there;

	if (id < 0)
		return false;
	hid_t space = H5Dget_space(id);

	there = H5Sget_simple_extent_npoints(space) == n &&
		H5Dread(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
	H5Sclose(space);
	H5Dclose(id);
	return there;
}

void hdf5_view_value(struct hdf5_view *view, const char *path, double *value)
{
	double got;

	if (hdf5_view_values(view, path, 1, &got))
		*value = got;
}

int64_t hdf5_view_unfinished(struct hdf5_view *view, struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	double *flags = ARENA_NEW(arena, double, view->nz);
	int64_t missing = 0;

	if (flags && !strcmp(view->key, "/entry/data/data") &&
		hdf5_view_values(view, "/entry/process/slices/finished", view->nz, flags))
		for (int64_t z = 0; z < view->nz; z++)
			missing += flags[z] == 0;
	arena_release(arena, mark);
	return missing;
}

/* Texts of variable length belong to libhdf5 until they are given back. */
static enum err copy_texts(hid_t id, int64_t n, const char **texts, struct arena *arena)
{
	hid_t type = H5Aget_type(id), memory = H5Tcopy(H5T_C_S1), space = H5Aget_space(id);
	bool variable = H5Tis_variable_str(type) > 0;
	size_t size = variable ? sizeof(char *) : H5Tget_size(type) + 1;
	char *raw = arena_zero(arena, n, size);
	bool good = false;

	H5Tset_cset(memory, H5Tget_cset(type));
	H5Tset_size(memory, variable ? H5T_VARIABLE : size);
	if (raw)
		good = H5Aread(id, memory, raw) >= 0;
	for (int64_t i = 0; i < n && good; i++) {
		const char *text = variable ? ((char **)(void *)raw)[i] : raw + (size_t)i * size;

		texts[i] = arena_copy(arena, text ? text : "");
		good = texts[i] != NULL;
	}
	if (variable && raw)
		H5Dvlen_reclaim(memory, space, H5P_DEFAULT, raw);
	H5Sclose(space);
	H5Tclose(memory);
	H5Tclose(type);
	return good ? OK : ERR_RESOURCE;
}

enum err hdf5_view_texts(struct hdf5_view *view, const char *attribute, const char *const **texts,
	int64_t *n, struct arena *arena)
{
	hid_t id = H5Aopen(view->id, attribute, H5P_DEFAULT), space, type;
	const char **copies = NULL;
	enum err e = OK;

	*n = 0;
	if (id < 0)
		return OK;
	space = H5Aget_space(id);
	type = H5Aget_type(id);
	if (H5Tget_class(type) == H5T_STRING && H5Sget_simple_extent_ndims(space) == 1)
		*n = (int64_t)H5Sget_simple_extent_npoints(space);
	if (*n > 0 && *n <= 256) {
		copies = ARENA_NEW(arena, const char *, *n);
		e = copies ? copy_texts(id, *n, copies, arena) : ERR_RESOURCE;
	} else {
		*n = 0;
	}
	*texts = copies;
	H5Tclose(type);
	H5Sclose(space);
	H5Aclose(id);
	return e;
}

void hdf5_view_text(struct hdf5_view *view, const char *path, const char *attribute,
	const char **value, struct arena *arena)
{
	hid_t id = open_attribute(view, path, attribute), type, memory;
	char fixed[256] = "", *got = NULL, *copy = NULL;

	if (id < 0)
		return;
	hid_t space = H5Aget_space(id);
	bool single = H5Sget_simple_extent_npoints(space) == 1;

	H5Sclose(space);
	type = H5Aget_type(id);
	memory = H5Tcopy(H5T_C_S1);
	H5Tset_cset(memory, H5Tget_cset(type));
	if (single && H5Tis_variable_str(type) > 0) {
		H5Tset_size(memory, H5T_VARIABLE);
		if (H5Aread(id, memory, &got) >= 0 && got)
			copy = arena_copy(arena, got);
		H5free_memory(got);
	} else if (single && H5Tget_class(type) == H5T_STRING &&
		   H5Tget_size(type) < sizeof(fixed)) {
		H5Tset_size(memory, sizeof(fixed));
		if (H5Aread(id, memory, fixed) >= 0)
			copy = arena_copy(arena, fixed);
	}
	if (copy)
		*value = copy;
	H5Tclose(memory);
	H5Tclose(type);
	H5Aclose(id);
}

void hdf5_view_place(struct hdf5_view *view, const char *path, int64_t *offset, int64_t *n)
{
	hid_t id = H5Dopen2(view->file, path, H5P_DEFAULT), space;
	haddr_t at;

	*offset = -1;
	*n = 0;
	if (id < 0)
		return;
	at = H5Dget_offset(id);
	*offset = at == HADDR_UNDEF ? -1 : (int64_t)at;
	space = H5Dget_space(id);
	*n = (int64_t)H5Sget_simple_extent_npoints(space);
	H5Sclose(space);
	H5Dclose(id);
}
