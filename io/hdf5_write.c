/* SPDX-License-Identifier: BSD-3-Clause
 * Every call opens what it needs by path and closes it again: there is little to write, and no
 * handle can leak. */
#include "io/hdf5_write.h"

#include "io/disk.h"

#include <errno.h>
#include <hdf5.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(hid_t) == sizeof(int64_t), "HDF5 1.10 or later");

/* The reason that the system gave stands in the text of the innermost error. */
static herr_t find_errno(unsigned n, const H5E_error2_t *error, void *found)
{
	const char *at = error->desc ? strstr(error->desc, "errno = ") : NULL;
	int value;

	(void)n;
	if (at && sscanf(at, "errno = %d", &value) == 1)
		*(int *)found = value;
	return 0;
}

static enum err trouble(const struct hdf5_out *out, const char *path)
{
	int reason = 0;

	H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, find_errno, &reason);
	if (reason) {
		errno = reason;
		return disk_fail(out->path, "writing", 0);
	}
	return fail(ERR_FAILED, "%s: %s: libhdf5 could not write it", out->path, path);
}

enum err hdf5_create(struct hdf5_out *out, const char *path, bool newest)
{
	hid_t access, creation;

	*out = (struct hdf5_out){.path = path};
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	access = H5Pcreate(H5P_FILE_ACCESS);
	creation = H5Pcreate(H5P_FILE_CREATE);
	H5Pset_libver_bounds(access, newest ? H5F_LIBVER_LATEST : H5F_LIBVER_EARLIEST,
		newest ? H5F_LIBVER_LATEST : H5F_LIBVER_V18);
	H5Pset_alignment(access, 1 << 16, 4096); /* large arrays start on a page */
#if H5_VERSION_GE(1, 10, 7)
	H5Pset_file_locking(access, 0, 1); /* some network file systems have no locks */
#endif
	H5Pset_obj_track_times(creation, 0);
	out->id = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
	H5Pclose(access);
	H5Pclose(creation);
	if (out->id >= 0)
		return OK;
	out->id = 0;
	return trouble(out, "/");
}

enum err hdf5_close(struct hdf5_out *out)
{
	int64_t id = out->id;

	out->id = 0;
	return id == 0 || H5Fclose(id) >= 0 ? OK : trouble(out, "/");
}

enum err hdf5_drop(struct hdf5_out *out, enum err error)
{
	if (out->id > 0)
		H5Fclose(out->id);
	out->id = 0;
	return error;
}

/* Groups on the way are made. */
static hid_t link_plan(void)
{
	hid_t plan = H5Pcreate(H5P_LINK_CREATE);

	H5Pset_create_intermediate_group(plan, 1);
	return plan;
}

enum err hdf5_group(struct hdf5_out *out, const char *path, const char *nx_class)
{
	hid_t links, creation, id;
	int there = !strcmp(path, "/");

	if (!there) {
		links = link_plan();
		creation = H5Pcreate(H5P_GROUP_CREATE);
		H5Pset_obj_track_times(creation, 0);
		id = H5Gcreate2(out->id, path, links, creation, H5P_DEFAULT);
		H5Pclose(links);
		H5Pclose(creation);
		if (id < 0 || H5Gclose(id) < 0)
			return trouble(out, path);
	}
	return *nx_class ? hdf5_note(out, path, "NX_class", nx_class) : OK;
}

static hid_t file_type(enum hdf5_type type)
{
	switch (type) {
	case HDF5_F32:
		return H5T_IEEE_F32LE;
	case HDF5_F64:
		return H5T_IEEE_F64LE;
	case HDF5_U8:
		return H5T_STD_U8LE;
	case HDF5_U16:
		return H5T_STD_U16LE;
	default:
		return H5T_STD_I64LE;
	}
}

static int pack(hid_t creation, const struct hdf5_array *array)
{
	hsize_t chunk[4];

	for (int i = 0; i < array->rank; i++)
		chunk[i] = (hsize_t)array->chunk[i];
	if (H5Pset_chunk(creation, array->rank, chunk) < 0)
		return -1;
	if (array->packing == HDF5_GZIP)
		return H5Pset_shuffle(creation) < 0 ? -1 : H5Pset_deflate(creation, 1);
	if (array->packing == HDF5_SZIP)
		return H5Pset_szip(creation, H5_SZIP_NN_OPTION_MASK, 16);
	return 0;
}

enum err hdf5_put(struct hdf5_out *out, const char *path, const struct hdf5_array *array,
	const void *data, int64_t *offset)
{
	hsize_t shape[4] = {1, 1, 1, 1}, most[4];
	hid_t creation = H5Pcreate(H5P_DATASET_CREATE), links = link_plan(), space, id;
	hid_t type = file_type(array->type);
	int bad = 0;

	for (int i = 0; i < array->rank; i++)
		most[i] = shape[i] = (hsize_t)array->shape[i];
	most[0] = array->growing ? H5S_UNLIMITED : shape[0];
	H5Pset_obj_track_times(creation, 0);
	if (array->rank > 0 && array->chunk[0] > 0)
		bad = pack(creation, array) < 0;
	if (array->rank == 0 || array->chunk[0] == 0 || array->early) {
		H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY);
		H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER);
	}
	space = array->rank ? H5Screate_simple(array->rank, shape, most) : H5Screate(H5S_SCALAR);
	id = bad ? -1 : H5Dcreate2(out->id, path, type, space, links, creation, H5P_DEFAULT);
	if (id >= 0 && data)
		bad = H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0;
	if (id >= 0 && offset)
		*offset = (int64_t)H5Dget_offset(id);
	bad = bad || id < 0 || (offset && *offset < 0);
	enum err e = bad ? trouble(out, path) : OK;

	if (id >= 0 && H5Dclose(id) < 0 && e == OK)
		e = trouble(out, path);
	H5Sclose(space);
	H5Pclose(links);
	H5Pclose(creation);
	return e;
}

enum err hdf5_put_block(struct hdf5_out *out, const char *path, const int64_t *start,
	const int64_t *count, const void *data)
{
	hid_t id = H5Dopen2(out->id, path, H5P_DEFAULT), space, memory, type;
	hsize_t from[4], n[4];
	enum err e = OK;
	int rank;

	if (id < 0)
		return trouble(out, path);
	space = H5Dget_space(id);
	type = H5Dget_type(id);
	rank = H5Sget_simple_extent_ndims(space);
	for (int i = 0; i < rank && i < 4; i++) {
		from[i] = (hsize_t)start[i];
		n[i] = (hsize_t)count[i];
	}
	memory = H5Screate_simple(rank, n, NULL);
	if (H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, n, NULL) < 0 ||
		H5Dwrite(id, type, memory, space, H5P_DEFAULT, data) < 0)
		e = trouble(out, path);
	H5Sclose(memory);
	H5Sclose(space);
	H5Tclose(type);
	if (H5Dclose(id) < 0 && e == OK)
		e = trouble(out, path);
	return e;
}

enum err hdf5_put_number(struct hdf5_out *out, const char *path, double value)
{
	const struct hdf5_array single = {.type = HDF5_F64};

	return hdf5_put(out, path, &single, &value, NULL);
}

/* Texts have variable length: then h5py and others give plain strings. */
static hid_t text_type(void)
{
	hid_t type = H5Tcopy(H5T_C_S1);

	H5Tset_size(type, H5T_VARIABLE);
	H5Tset_cset(type, H5T_CSET_UTF8);
	return type;
}

/* n < 0: a single one. */
static hid_t text_space(int n)
{
	hsize_t shape = (hsize_t)(n > 0 ? n : 0);

	return n < 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &shape, NULL);
}

static enum err put_texts(struct hdf5_out *out, const char *path, const char *const *texts, int n)
{
	hid_t type = text_type(), space = text_space(n), links = link_plan();
	hid_t creation = H5Pcreate(H5P_DATASET_CREATE), id;
	int bad;

	H5Pset_obj_track_times(creation, 0);
	id = H5Dcreate2(out->id, path, type, space, links, creation, H5P_DEFAULT);
	bad = id < 0 || (n != 0 && H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) < 0);
	enum err e = bad ? trouble(out, path) : OK;

	if (id >= 0)
		H5Dclose(id);
	H5Pclose(creation);
	H5Pclose(links);
	H5Sclose(space);
	H5Tclose(type);
	return e;
}

enum err hdf5_put_text(struct hdf5_out *out, const char *path, const char *text)
{
	return put_texts(out, path, &text, -1);
}

enum err hdf5_put_texts(struct hdf5_out *out, const char *path, const char *const *texts, int n)
{
	return put_texts(out, path, texts, n);
}

/* Takes type and space over. */
static enum err put_attribute(struct hdf5_out *out, const char *path, const char *name, hid_t type,
	hid_t space, const void *data)
{
	hid_t id = H5Acreate_by_name(
		out->id, path, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	enum err e = id < 0 || H5Awrite(id, type, data) < 0 ? trouble(out, path) : OK;

	if (id >= 0)
		H5Aclose(id);
	H5Sclose(space);
	H5Tclose(type);
	return e;
}

enum err hdf5_note(struct hdf5_out *out, const char *path, const char *name, const char *text)
{
	return put_attribute(out, path, name, text_type(), text_space(-1), &text);
}

enum err hdf5_note_texts(
	struct hdf5_out *out, const char *path, const char *name, const char *const *texts, int n)
{
	return put_attribute(out, path, name, text_type(), text_space(n), texts);
}

enum err hdf5_note_number(struct hdf5_out *out, const char *path, const char *name, double value)
{
	return put_attribute(
		out, path, name, H5Tcopy(H5T_IEEE_F64LE), H5Screate(H5S_SCALAR), &value);
}

enum err hdf5_note_integer(struct hdf5_out *out, const char *path, const char *name, int64_t value)
{
	return put_attribute(
		out, path, name, H5Tcopy(H5T_STD_I64LE), H5Screate(H5S_SCALAR), &value);
}

enum err hdf5_link(struct hdf5_out *out, const char *path, const char *file, const char *target)
{
	hid_t links = link_plan();
	herr_t made = file ? H5Lcreate_external(file, target, out->id, path, links, H5P_DEFAULT)
			   : H5Lcreate_hard(out->id, target, out->id, path, links, H5P_DEFAULT);

	H5Pclose(links);
	return made < 0 ? trouble(out, path) : OK;
}
