/* SPDX-License-Identifier: BSD-3-Clause
 * HDF5 of raw scans; see io/hdf5_scan.h. Every identifier is closed on the way out of the function
 * that opened it, good or bad, so that the file's close really closes. */
#include "io/hdf5_scan.h"

#include <errno.h>
#include <hdf5.h>
#include <string.h>

static enum err broken(const struct h5_scan *file, const char *key)
{
	return fail(ERR_RESOURCE, "%s: cannot write %s: %s", file->path, key,
		errno ? strerror(errno) : "HDF5 refuses");
}

enum err h5_scan_create(struct h5_scan **file, const char *path, bool latest, struct arena *arena)
{
	struct h5_scan *f = ARENA_NEW(arena, struct h5_scan, 1);
	hid_t access, make;

	NEED(f);
	f->path = arena_copy(arena, path);
	NEED(f->path);
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	access = H5Pcreate(H5P_FILE_ACCESS);
	make = H5Pcreate(H5P_FILE_CREATE);
	/* A scan must not carry the time it was made: the same seed gives the same bytes. */
	H5Pset_obj_track_times(make, 0);
	if (latest)
		H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
	errno = 0;
	f->id = H5Fcreate(path, H5F_ACC_TRUNC, make, access);
	H5Pclose(make);
	H5Pclose(access);
	if (f->id < 0)
		return broken(f, "the file");
	*file = f;
	return OK;
}

enum err h5_scan_close(struct h5_scan *file)
{
	hid_t id = file->id;

	file->id = -1;
	errno = 0;
	return id < 0 || H5Fclose(id) >= 0 ? OK : broken(file, "its end");
}

/* Creates a dataset; chunk NULL: contiguous. Closed again: later calls open it by its key. */
static bool create(hid_t file, const char *key, hid_t type, int rank, const hsize_t *shape,
	const hsize_t *chunk, bool growing, enum compression compression)
{
	hsize_t most[3] = {H5S_UNLIMITED, rank > 1 ? shape[1] : 0, rank > 2 ? shape[2] : 0};
	hid_t space = H5Screate_simple(rank, shape, growing ? most : NULL);
	hid_t link = H5Pcreate(H5P_LINK_CREATE), layout = H5Pcreate(H5P_DATASET_CREATE), data;

	H5Pset_create_intermediate_group(link, 1);
	H5Pset_obj_track_times(layout, 0);
	if (chunk)
		H5Pset_chunk(layout, rank, chunk);
	if (compression == COMPRESS_GZIP) {
		H5Pset_shuffle(layout);
		H5Pset_deflate(layout, 1);
	}
	if (compression == COMPRESS_SZIP)
		H5Pset_szip(layout, H5_SZIP_NN_OPTION_MASK, 16);
	data = H5Dcreate2(file, key, type, space, link, layout, H5P_DEFAULT);
	H5Sclose(space);
	H5Pclose(link);
	H5Pclose(layout);
	return data >= 0 && H5Dclose(data) >= 0;
}

enum err h5_scan_frames(struct h5_scan *file, const char *key, const struct h5_frames *f)
{
	hsize_t shape[3] = {(hsize_t)f->n, (hsize_t)f->n_row, (hsize_t)f->n_col};
	hsize_t chunk[3] = {1, shape[1], shape[2]};
	bool chunked = f->growing || f->compression != COMPRESS_NONE;

	errno = 0;
	if (!create(file->id, key, f->real ? H5T_IEEE_F32LE : H5T_STD_U16LE, 3, shape,
		    chunked ? chunk : NULL, f->growing, f->compression))
		return broken(file, key);
	return OK;
}

enum err h5_scan_put(
	struct h5_scan *file, const char *key, int64_t first, int64_t n, const void *frames)
{
	hid_t data = H5Dopen2(file->id, key, H5P_DEFAULT);
	hid_t space = H5Dget_space(data), type = H5Dget_type(data), memory;
	hsize_t start[3] = {(hsize_t)first, 0, 0}, count[3] = {0, 0, 0};
	bool good;

	errno = 0;
	H5Sget_simple_extent_dims(space, count, NULL);
	count[0] = (hsize_t)n;
	memory = H5Screate_simple(3, count, NULL);
	good = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
	       H5Dwrite(data, type, memory, space, H5P_DEFAULT, frames) >= 0;
	H5Sclose(memory);
	H5Tclose(type);
	H5Sclose(space);
	good = H5Dclose(data) >= 0 && good;
	return good ? OK : broken(file, key);
}

enum err h5_scan_numbers(struct h5_scan *file, const char *key, const double *value, int64_t n,
	bool integers, bool growing)
{
	hsize_t shape[1] = {(hsize_t)n}, chunk[1] = {1024};
	hid_t data;
	bool good;

	errno = 0;
	if (!create(file->id, key, integers ? H5T_STD_I32LE : H5T_IEEE_F64LE, 1, shape,
		    growing ? chunk : NULL, growing, COMPRESS_NONE))
		return broken(file, key);
	data = H5Dopen2(file->id, key, H5P_DEFAULT);
	good = H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0;
	good = H5Dclose(data) >= 0 && good;
	return good ? OK : broken(file, key);
}

static hid_t text_type(const char *text)
{
	hid_t type = H5Tcopy(H5T_C_S1);

	H5Tset_size(type, strlen(text) + 1);
	return type;
}

enum err h5_scan_text(struct h5_scan *file, const char *key, const char *text)
{
	hid_t link = H5Pcreate(H5P_LINK_CREATE), layout = H5Pcreate(H5P_DATASET_CREATE);
	hid_t space = H5Screate(H5S_SCALAR), type = text_type(text), data;
	bool good;

	errno = 0;
	H5Pset_create_intermediate_group(link, 1);
	H5Pset_obj_track_times(layout, 0);
	data = H5Dcreate2(file->id, key, type, space, link, layout, H5P_DEFAULT);
	good = H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) >= 0;
	H5Dclose(data);
	H5Tclose(type);
	H5Sclose(space);
	H5Pclose(layout);
	H5Pclose(link);
	return good ? OK : broken(file, key);
}

enum err h5_scan_group(struct h5_scan *file, const char *key, const char *nx_class)
{
	hid_t link = H5Pcreate(H5P_LINK_CREATE), group;

	errno = 0;
	H5Pset_create_intermediate_group(link, 1);
	group = H5Gcreate2(file->id, key, link, H5P_DEFAULT, H5P_DEFAULT);
	H5Pclose(link);
	if (group < 0 || H5Gclose(group) < 0)
		return broken(file, key);
	return h5_scan_attribute(file, key, "NX_class", nx_class);
}

enum err h5_scan_attribute(
	struct h5_scan *file, const char *key, const char *name, const char *text)
{
	const int one = 1;
	hid_t space = H5Screate(H5S_SCALAR);
	hid_t type = text ? text_type(text) : H5Tcopy(H5T_NATIVE_INT);
	hid_t attribute = H5Acreate_by_name(
		file->id, key, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	bool good;

	errno = 0;
	good = H5Awrite(attribute, type, text ? (const void *)text : &one) >= 0;
	H5Aclose(attribute);
	H5Tclose(type);
	H5Sclose(space);
	return good ? OK : broken(file, key);
}

enum err h5_scan_link(struct h5_scan *file, const char *at, const char *other, const char *key)
{
	hid_t link = H5Pcreate(H5P_LINK_CREATE);
	herr_t made;

	errno = 0;
	H5Pset_create_intermediate_group(link, 1);
	if (other)
		made = H5Lcreate_external(other, key, file->id, at, link, H5P_DEFAULT);
	else
		made = H5Lcreate_hard(file->id, key, file->id, at, link, H5P_DEFAULT);
	H5Pclose(link);
	return made >= 0 ? OK : broken(file, at);
}
