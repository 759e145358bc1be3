/* SPDX-License-Identifier: BSD-3-Clause
 * Frames out of an HDF5 dataset. Rows of many frames come by one H5Dread() into memory that has the
 * order of the file, so that libhdf5 copies nothing twice. Chunks that are not compressed bypass
 * the chunk cache (it is given no room), which makes libhdf5 read only the rows asked for. */
#include "core/log.h"
#include "io/hdf5_read.h"

#include <hdf5.h>
#include <string.h>

enum { MAX_EXTENT = 1 << 20, MAX_LAYER = 1 << 28 };

static hid_t memory_type(enum sample type)
{
	return type == SAMPLE_U8    ? H5T_NATIVE_UINT8
	       : type == SAMPLE_U16 ? H5T_NATIVE_UINT16
				    : H5T_NATIVE_FLOAT;
}

static enum err read_frames(
	struct stack *stack, int64_t first, int64_t n, int64_t row0, int64_t row1, void *out)
{
	hid_t space = H5Dget_space(stack->id), memory;
	int skip = H5Sget_simple_extent_ndims(space) == 2;
	hsize_t start[3] = {(hsize_t)first, (hsize_t)row0, 0};
	hsize_t count[3] = {(hsize_t)n, (hsize_t)(row1 - row0), (hsize_t)stack->n_col};
	herr_t status;

	H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* a setting of the thread */
	memory = H5Screate_simple(3, count, NULL);
	status = H5Sselect_hyperslab(space, H5S_SELECT_SET, start + skip, NULL, count + skip, NULL);
	if (status >= 0)
		status = H5Dread(
			stack->id, memory_type(stack->type), memory, space, H5P_DEFAULT, out);
	if (status < 0)
		fail(ERR_INPUT, "%s: frames %lld to %lld cannot be read: %s", stack->name,
			(long long)first, (long long)(first + n - 1), hdf5_reason());
	H5Sclose(memory);
	H5Sclose(space);
	return status < 0 ? ERR_INPUT : OK;
}

static void close_frames(struct stack *stack)
{
	H5Dclose(stack->id);
}

static enum err fail_filter(const char *name, H5Z_filter_t id, const char *text)
{
	static const struct {
		H5Z_filter_t id;
		const char *name, *package;
	} known[] = {{H5Z_FILTER_DEFLATE, "gzip", NULL}, {H5Z_FILTER_SZIP, "szip", NULL},
		{32000, "LZF", "bitshuffle"}, {307, "bzip2", "hdf5-filter-plugin"},
		{32001, "Blosc", "hdf5-filter-plugin-blosc-serial"},
		{32004, "LZ4", "hdf5-filter-plugin"}, {32008, "bitshuffle", "bitshuffle"},
		{32013, "ZFP", "hdf5-filter-plugin-zfp-serial"}, {32015, "Zstandard", NULL},
		{32026, "Blosc2", NULL}};
	const char *package = NULL;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (known[i].id == id) {
			text = known[i].name;
			package = known[i].package;
		}
	}
	if (package)
		return fail(ERR_INPUT,
			"%s: is compressed by HDF5 filter %d (%s), which is not here; the Debian "
			"package %s brings it",
			name, (int)id, text, package);
	return fail(ERR_INPUT,
		"%s: is compressed by HDF5 filter %d (%s), which is not here; HDF5_PLUGIN_PATH may "
		"name a folder that has its plugin",
		name, (int)id, *text ? text : "unknown");
}

/* All filters must be here; says if there are any. */
static enum err check_filters(const char *name, hid_t plist, bool *any)
{
	int n = H5Pget_nfilters(plist);

	*any = n > 0;
	for (int i = 0; i < n; i++) {
		char text[64] = "";
		unsigned flags;
		size_t values = 0;
		H5Z_filter_t id = H5Pget_filter2(
			plist, (unsigned)i, &flags, &values, NULL, sizeof(text) - 1, text, NULL);

		if (id >= 0 && H5Zfilter_avail(id) <= 0)
			return fail_filter(name, id, text);
	}
	return OK;
}

/* Sources of a virtual dataset that are missing would read as zeros without a word. */
static enum err check_sources(struct scan_source *source, const char *name, const char *real,
	hid_t plist, bool *compressed)
{
	const char *folder = folder_of(real, source->arena);
	size_t n = 0;

	NEED(folder);
	H5Pget_virtual_count(plist, &n);
	for (size_t i = 0; i < n; i++) {
		char file[2048] = "", path[2048] = "";
		const char *full;
		hid_t id, data, its;

		H5Pget_virtual_filename(plist, i, file, sizeof(file));
		H5Pget_virtual_dsetname(plist, i, path, sizeof(path));
		if (!strcmp(file, ".") || strchr(file, '%') || strchr(path, '%'))
			continue;
		full = *file == '/' ? file : arena_format(source->arena, "%s/%s", folder, file);
		NEED(full);
		if (!is_file(full))
			full = is_file(file) ? file
					     : arena_format(source->arena, "%s/%s", folder,
						       base_name(file));
		NEED(full);
		if (!is_file(full))
			return fail(ERR_INPUT,
				"%s: is a virtual dataset of %s:%s, which is missing", name, file,
				path);
		TRY(add_input(source, full));
		if (i > 0)
			continue;
		id = H5Fopen(full, H5F_ACC_RDONLY, H5P_DEFAULT);
		data = id < 0 ? -1 : H5Dopen2(id, path, H5P_DEFAULT);
		its = data < 0 ? -1 : H5Dget_create_plist(data);
		*compressed = true; /* unless it is known better */
		enum err code = data < 0
					? fail(ERR_INPUT,
						  "%s: is a virtual dataset of %s:%s, which cannot "
						  "be opened: %s",
						  name, full, path, hdf5_reason())
					: check_filters(name, its, compressed);
		if (data >= 0) {
			H5Pclose(its);
			H5Dclose(data);
		}
		if (id >= 0)
			H5Fclose(id);
		TRY(code);
	}
	return OK;
}

static enum err sample_of(const char *name, hid_t id, enum sample *sample)
{
	hid_t type = H5Dget_type(id);
	H5T_class_t class = H5Tget_class(type);
	size_t size = H5Tget_size(type);
	bool plain = class == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_NONE;

	*sample = plain && size == 1 ? SAMPLE_U8 : plain && size == 2 ? SAMPLE_U16 : SAMPLE_F32;
	H5Tclose(type);
	if (class != H5T_INTEGER && class != H5T_FLOAT)
		return fail(ERR_INPUT, "%s: holds %s, not numbers", name,
			class == H5T_STRING	? "text"
			: class == H5T_COMPOUND ? "compound records"
						: "other things");
	return OK;
}

static enum err check_shape(const char *name, const struct hdf5_shape *shape, bool single)
{
	const int64_t *dim = shape->dim + (shape->rank == 3);
	int64_t n = shape->rank == 3 ? shape->dim[0] : 1, bytes;

	if (shape->rank != 3 && !(single && shape->rank == 2))
		return fail(ERR_INPUT,
			"%s: has %d dimensions; frames have 3 (projection, row, column)", name,
			shape->rank);
	if (n < 1 || dim[0] < 1 || dim[1] < 1)
		return fail(ERR_INPUT, "%s: is empty (%lld x %lld x %lld)", name, (long long)n,
			(long long)dim[0], (long long)dim[1]);
	if (dim[0] > MAX_EXTENT || dim[1] > MAX_EXTENT || n > INT32_MAX ||
		__builtin_mul_overflow(n * dim[0], dim[1] * 4, &bytes))
		return fail(ERR_INPUT, "%s: cannot be frames of %lld x %lld x %lld", name,
			(long long)n, (long long)dim[0], (long long)dim[1]);
	return OK;
}

static void warn_unwritten(
	const char *name, hid_t id, const struct hdf5_shape *shape, const hsize_t *chunk)
{
	hsize_t written = 0, wanted = 1;

	for (int i = 0; i < shape->rank; i++)
		wanted *= ((hsize_t)shape->dim[i] + chunk[i] - 1) / chunk[i];
	if (H5Dget_num_chunks(id, H5S_ALL, &written) >= 0 && written < wanted)
		log_warning("%s: %llu of %llu chunks were never written and read as fill values",
			name, (unsigned long long)(wanted - written), (unsigned long long)wanted);
}

/* The chunk cache: no room for plain chunks; one layer of frames for compressed ones. The last number
 * must be below 1: with 1, chunks that were read in part are never thrown out (libhdf5 1.10.8) and
 * the cache grows without end. */
static hid_t access_list(
	const struct hdf5_shape *shape, const hsize_t *chunk, bool filtered, size_t size)
{
	hid_t list = H5Pcreate(H5P_DATASET_ACCESS);
	double layer = (double)size;

	for (int i = 0; i < shape->rank; i++)
		layer *= (double)(i == 0 && shape->rank == 3
					  ? chunk[0]
					  : ((hsize_t)shape->dim[i] + chunk[i] - 1) / chunk[i] *
						    chunk[i]);
	H5Pset_chunk_cache(list, 12421, filtered && layer <= MAX_LAYER ? (size_t)layer : 0, 0.0);
	return list;
}

/* Storage of the dataset *id; reopens it with the right cache. */
static enum err check_storage(struct scan_source *source, const struct hdf5_file *file,
	const char *path, const struct hdf5_shape *shape, struct stack *stack, const char *real)
{
	hid_t plist = H5Dget_create_plist(stack->id), type, list;
	H5D_layout_t layout = H5Pget_layout(plist);
	hsize_t chunk[HDF5_MAX_RANK] = {0};
	enum err code = OK;
	bool filtered = false;
	size_t size;

	if (layout == H5D_VIRTUAL) {
		code = check_sources(source, stack->name, real, plist, &stack->compressed);
	} else if (H5Dget_storage_size(stack->id) == 0 && H5Pget_external_count(plist) <= 0) {
		code = fail(ERR_INPUT, "%s: nothing was ever written to it", stack->name);
	} else if (layout == H5D_CHUNKED) {
		code = check_filters(stack->name, plist, &filtered);
		H5Pget_chunk(plist, shape->rank, chunk);
		/* a chunk of few rows costs little more than its rows */
		stack->compressed = filtered && (int64_t)chunk[shape->rank - 2] * 4 > stack->n_row;
		warn_unwritten(stack->name, stack->id, shape, chunk);
		type = H5Dget_type(stack->id);
		size = H5Tget_size(type);
		H5Tclose(type);
		list = access_list(shape, chunk, filtered, size);
		H5Dclose(stack->id); /* an open dataset would keep its cache */
		stack->id = H5Dopen2(file->id, path, list);
		H5Pclose(list);
		if (stack->id < 0)
			code = hdf5_missing(file, path);
	}
	H5Pclose(plist);
	return code;
}

enum err hdf5_stack(struct scan_source *source, const struct hdf5_file *file, const char *path,
	bool single, struct stack **out)
{
	struct hdf5_shape shape = hdf5_look(file, path, NULL);
	struct stack *stack = ARENA_ZERO(source->arena, struct stack, 1);
	const char *real;
	enum err code;

	NEED(stack);
	stack->name = arena_format(source->arena, "%s:%s", file->path, path);
	NEED(stack->name);
	if (shape.kind == HDF5_GROUP)
		return fail(ERR_INPUT, "%s: is a group, not frames", stack->name);
	if (shape.kind != HDF5_DATASET)
		return hdf5_missing(file, path);
	real = hdf5_real_file(file, path, source->arena);
	stack->id = H5Dopen2(file->id, path, H5P_DEFAULT);
	if (stack->id < 0)
		return hdf5_missing(file, path);
	code = sample_of(stack->name, stack->id, &stack->type);
	if (code == OK)
		code = check_shape(stack->name, &shape, single);
	if (code == OK) {
		stack->n = shape.rank == 3 ? shape.dim[0] : 1;
		stack->n_row = shape.dim[shape.rank - 2];
		stack->n_col = shape.dim[shape.rank - 1];
		code = check_storage(source, file, path, &shape, stack, real);
	}
	if (code != OK) {
		if (stack->id >= 0)
			H5Dclose(stack->id);
		return code;
	}
	stack->read = read_frames;
	stack->close = close_frames;
	stack->next = source->stacks;
	*out = source->stacks = stack;
	TRY(add_input(source, file->path));
	return add_input(source, real);
}
