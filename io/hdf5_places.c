/* SPDX-License-Identifier: BSD-3-Clause */
#include "io/hdf5_places.h"

#include <hdf5.h>
#include <stdbool.h>

static bool has_shape(hid_t id, int64_t n, int64_t n_row, int64_t n_col)
{
	hid_t space = H5Dget_space(id), type = H5Dget_type(id);
	hsize_t shape[3] = {0};
	bool fits = H5Sget_simple_extent_ndims(space) == 3 && H5Tequal(type, H5T_STD_U16LE) > 0;

	if (fits)
		H5Sget_simple_extent_dims(space, shape, NULL);
	H5Tclose(type);
	H5Sclose(space);
	return fits && shape[0] == (hsize_t)n && shape[1] == (hsize_t)n_row &&
	       shape[2] == (hsize_t)n_col;
}

static bool find(hid_t id, int64_t n, int64_t bytes, int64_t *at)
{
	haddr_t start = H5Dget_offset(id);

	for (int64_t i = 0; i < n; i++) {
		hsize_t corner[3] = {(hsize_t)i, 0, 0}, size = 0;
		unsigned filters = 0;
		haddr_t place = start;

		if (start != HADDR_UNDEF)
			place += (haddr_t)(i * bytes);
		else if (H5Dget_chunk_info_by_coord(id, corner, &filters, &place, &size) < 0 ||
			 place == HADDR_UNDEF || size != (hsize_t)bytes)
			return false;
		at[i] = (int64_t)place;
	}
	return true;
}

enum err hdf5_frame_places(
	const char *path, const char *key, int64_t n, int64_t n_row, int64_t n_col, int64_t *at)
{
	hid_t access = H5Pcreate(H5P_FILE_ACCESS), file, id;
	bool found = false;

	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
#if H5_VERSION_GE(1, 10, 7)
	H5Pset_file_locking(access, 0, 1); /* some network file systems have no locks */
#endif
	file = H5Fopen(path, H5F_ACC_RDONLY, access);
	H5Pclose(access);
	if (file < 0)
		return fail(ERR_INPUT, "%s: not an HDF5 file, or a damaged one", path);
	id = H5Dopen2(file, key, H5P_DEFAULT);
	if (id >= 0) {
		found = has_shape(id, n, n_row, n_col) && find(id, n, n_row * n_col * 2, at);
		H5Dclose(id);
	}
	H5Fclose(file);
	return found ? OK
		     : fail(ERR_INPUT, "%s: %s does not have the %lld frames it should", path, key,
			       (long long)n);
}
