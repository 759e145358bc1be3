/* SPDX-License-Identifier: BSD-3-Clause
 * See io/hdf5_read.h. H5Oopen() follows all links; where it fails, the path is walked link by link to
 * say which one leads nowhere. HDF5's own printing is off, its innermost reason is quoted. */
#include "io/hdf5_read.h"

#include <hdf5.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(hid_t) == sizeof(int64_t), "HDF5 1.10 or later");

enum { MAX_NUMBERS = 1 << 26, MAX_TEXT = 1 << 20, MAX_NAMES = 100000 };

static herr_t keep_reason(unsigned n, const H5E_error2_t *error, void *to)
{
	(void)n;
	snprintf(to, 400, "%s", error->desc ? error->desc : "");
	return 1; /* upward from the innermost: the first is the one */
}

const char *hdf5_reason(void)
{
	static _Thread_local char reason[400];

	reason[0] = '\0';
	H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_reason, reason);
	return reason;
}

static void start(void)
{
	static bool done;

	if (!done) {
		/* network disks: the lock of a writer, or of nobody, would shut us out */
		setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
		H5open();
		done = true;
	}
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

bool hdf5_is(const char *path)
{
	start();
	return is_file(path) && H5Fis_hdf5(path) > 0;
}

enum err hdf5_open(struct scan_source *source, const char *path, struct hdf5_file **file)
{
	struct hdf5_file *f;
	hid_t id;

	start();
	for (f = source->files; f; f = f->next) {
		if (!strcmp(f->path, path)) {
			*file = f;
			return OK;
		}
	}
	if (!is_file(path))
		return fail(ERR_INPUT, "%s: there is no such file", path);
	if (H5Fis_hdf5(path) <= 0)
		return fail(ERR_INPUT, "%s: is not an HDF5 file", path);
	id = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	if (id < 0) { /* a file of a writer that died has its mark still set */
		char reason[400];
		snprintf(reason, sizeof(reason), "%s", hdf5_reason());
		id = H5Fopen(path, H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, H5P_DEFAULT);
		if (id < 0)
			return fail(ERR_INPUT, "%s: HDF5 cannot open the file: %s", path, reason);
	}
	f = ARENA_NEW(source->arena, struct hdf5_file, 1);
	if (!f || !(f->path = arena_copy(source->arena, path))) {
		H5Fclose(id);
		return ERR_RESOURCE;
	}
	f->id = id;
	f->next = source->files;
	*file = source->files = f;
	return OK;
}

void hdf5_close_all(struct scan_source *source)
{
	for (struct hdf5_file *f = source->files; f; f = f->next)
		H5Fclose(f->id);
	source->files = NULL;
}

/* Joins path and rest into a buffer; false when it is too long. */
static bool join(char *full, size_t size, const char *path, const char *rest)
{
	int n = rest ? snprintf(full, size, "%s%s%s", path,
			       *path && path[strlen(path) - 1] == '/' ? "" : "/", rest)
		     : snprintf(full, size, "%s", path);

	return n > 0 && (size_t)n < size;
}

/* Where the walk along the links of a path stops: the first link that has no object behind it. */
static enum hdf5_kind walk(const struct hdf5_file *file, const char *path, char *upto, size_t size)
{
	for (const char *at = path; *at;) {
		hid_t id;

		at += strspn(at, "/");
		at += strcspn(at, "/");
		snprintf(upto, size, "%.*s", (int)(at - path), path);
		if (!*upto || !strcmp(upto, "/"))
			continue;
		if (H5Lexists(file->id, upto, H5P_DEFAULT) <= 0)
			return HDF5_ABSENT;
		id = H5Oopen(file->id, upto, H5P_DEFAULT);
		if (id < 0)
			return HDF5_DANGLING;
		H5Oclose(id);
	}
	return HDF5_ABSENT;
}

static void look_dataset(hid_t id, struct hdf5_shape *shape)
{
	hid_t space = H5Dget_space(id), type = H5Dget_type(id);
	hsize_t dim[H5S_MAX_RANK];
	H5T_class_t class = H5Tget_class(type);

	shape->kind = HDF5_DATASET;
	shape->number = class == H5T_INTEGER || class == H5T_FLOAT;
	shape->rank = H5Sget_simple_extent_dims(space, dim, NULL);
	for (int i = 0; i < shape->rank && i < HDF5_MAX_RANK; i++)
		shape->dim[i] = dim[i] > INT64_MAX ? INT64_MAX : (int64_t)dim[i];
	if (H5Sget_simple_extent_type(space) == H5S_NULL)
		shape->number = false;
	H5Tclose(type);
	H5Sclose(space);
}

struct hdf5_shape hdf5_look(const struct hdf5_file *file, const char *path, const char *rest)
{
	struct hdf5_shape shape = {.kind = HDF5_ABSENT};
	char full[4096], upto[4096];
	hid_t id;

	if (!join(full, sizeof(full), path, rest))
		return shape;
	id = H5Oopen(file->id, full, H5P_DEFAULT);
	if (id < 0) {
		shape.kind = walk(file, full, upto, sizeof(upto));
		return shape;
	}
	if (H5Iget_type(id) == H5I_GROUP)
		shape.kind = HDF5_GROUP;
	if (H5Iget_type(id) == H5I_DATASET)
		look_dataset(id, &shape);
	H5Oclose(id);
	return shape;
}

bool hdf5_is_stack(const struct hdf5_file *file, const char *path, const char *rest)
{
	struct hdf5_shape shape = hdf5_look(file, path, rest);

	return shape.kind == HDF5_DATASET && shape.rank == 3 && shape.number;
}

static enum err fail_external(
	const struct hdf5_file *file, const char *path, const H5L_info_t *info)
{
	char value[4096];
	const char *target, *key;

	if (info->u.val_size > sizeof(value) ||
		H5Lget_val(file->id, path, value, sizeof(value), H5P_DEFAULT) < 0)
		return fail(ERR_INPUT, "%s:%s: is a link that leads nowhere", file->path, path);
	if (info->type == H5L_TYPE_SOFT)
		return fail(ERR_INPUT, "%s:%s: is a link to %.*s, which is not in the file",
			file->path, path, (int)info->u.val_size, value);
	if (info->type != H5L_TYPE_EXTERNAL ||
		H5Lunpack_elink_val(value, info->u.val_size, NULL, &target, &key) < 0)
		return fail(ERR_INPUT, "%s:%s: is a link that leads nowhere", file->path, path);
	return fail(ERR_INPUT,
		"%s:%s: is a link to %s:%s, which is missing or cannot be read; %s belongs %s",
		file->path, path, target, key, base_name(target),
		*target == '/' ? "there, or beside the file with the link"
			       : "at that place relative to the file with the link");
}

enum err hdf5_missing(const struct hdf5_file *file, const char *path)
{
	char upto[4096];
	H5L_info_t info;

	if (walk(file, path, upto, sizeof(upto)) == HDF5_DANGLING &&
		H5Lget_info(file->id, upto, &info, H5P_DEFAULT) >= 0) {
		if (info.type == H5L_TYPE_HARD)
			return fail(ERR_INPUT, "%s:%s: cannot be opened, the file is damaged there",
				file->path, upto);
		return fail_external(file, upto, &info);
	}
	return fail(ERR_INPUT, "%s: has no %s", file->path, path);
}

struct names {
	struct arena *arena;
	const char **name;
	int64_t n, max;
};

static herr_t add_name(hid_t group, const char *name, const H5L_info_t *info, void *context)
{
	struct names *names = context;

	(void)group;
	(void)info;
	if (names->n == names->max)
		return 1;
	names->name[names->n] = arena_copy(names->arena, name);
	return names->name[names->n++] ? 0 : -1;
}

enum err hdf5_list(const struct hdf5_file *file, const char *group, struct arena *arena,
	const char ***name, int64_t *n)
{
	struct names names = {.arena = arena};
	hid_t id = H5Gopen2(file->id, *group ? group : "/", H5P_DEFAULT);
	H5G_info_t info;

	*n = 0;
	if (id < 0)
		return hdf5_missing(file, group);
	if (H5Gget_info(id, &info) >= 0)
		names.max = info.nlinks > MAX_NAMES ? MAX_NAMES : (int64_t)info.nlinks;
	names.name = ARENA_NEW(arena, const char *, names.max);
	if (names.name)
		H5Literate(id, H5_INDEX_NAME, H5_ITER_INC, NULL, add_name, &names);
	H5Gclose(id);
	NEED(names.name);
	*name = names.name;
	*n = names.n;
	return OK;
}

static void collect(const struct hdf5_file *file, const char *group, struct arena *arena, int depth,
	const char **text, int *count)
{
	const char **name;
	int64_t n;

	if (depth > 6 || hdf5_list(file, group, arena, &name, &n) != OK)
		return;
	for (int64_t i = 0; i < n && *count < 20; i++) {
		const char *path =
			arena_format(arena, "%s/%s", strcmp(group, "/") ? group : "", name[i]);
		struct hdf5_shape shape;

		if (!path)
			return;
		shape = hdf5_look(file, path, NULL);
		if (shape.kind == HDF5_GROUP)
			collect(file, path, arena, depth + 1, text, count);
		if (shape.kind != HDF5_DATASET || shape.rank != 3 || !shape.number)
			continue;
		*text = arena_format(arena, "%s%s%s", *text, (*count)++ ? ", " : "", path);
		if (!*text)
			return;
	}
}

const char *hdf5_stack_names(const struct hdf5_file *file, struct arena *arena)
{
	const char *text = "";
	int count = 0;

	collect(file, "/", arena, 0, &text, &count);
	return text ? text : "";
}

const char *hdf5_real_file(const struct hdf5_file *file, const char *path, struct arena *arena)
{
	hid_t id = H5Oopen(file->id, path, H5P_DEFAULT);
	ssize_t n = id < 0 ? -1 : H5Fget_name(id, NULL, 0);
	char *name = n > 0 && n < MAX_TEXT ? arena_alloc(arena, n + 1, 1) : NULL;

	if (name)
		H5Fget_name(id, name, (size_t)n + 1);
	if (id >= 0)
		H5Oclose(id);
	return name ? name : file->path;
}

enum err hdf5_numbers(struct scan_source *source, const struct hdf5_file *file, const char *path,
	double **value, int64_t *n)
{
	struct hdf5_shape shape = hdf5_look(file, path, NULL);
	int64_t longest = 1, others = 0;
	hid_t id;
	herr_t status;

	if (shape.kind != HDF5_DATASET)
		return shape.kind == HDF5_GROUP
			       ? fail(ERR_INPUT, "%s:%s: is a group, not a row of numbers",
					 file->path, path)
			       : hdf5_missing(file, path);
	for (int i = 0; i < shape.rank && i < HDF5_MAX_RANK; i++) {
		others += shape.dim[i] != 1;
		longest = shape.dim[i] != 1 ? shape.dim[i] : longest;
	}
	if (!shape.number || others > 1 || shape.rank > HDF5_MAX_RANK)
		return fail(ERR_INPUT, "%s:%s: is not a row of numbers", file->path, path);
	if (longest < 1 || longest > MAX_NUMBERS)
		return fail(
			ERR_INPUT, "%s:%s: has %lld numbers", file->path, path, (long long)longest);
	*n = longest;
	*value = ARENA_NEW(source->arena, double, longest);
	NEED(*value);
	id = H5Dopen2(file->id, path, H5P_DEFAULT);
	status = H5Dread(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, *value);
	if (status < 0)
		fail(ERR_INPUT, "%s:%s: cannot be read: %s", file->path, path, hdf5_reason());
	H5Dclose(id);
	if (status < 0)
		return ERR_INPUT;
	TRY(add_input(source, file->path));
	return add_input(source, hdf5_real_file(file, path, source->arena));
}

/* One text out of a dataset or attribute; NULL if it is none. */
static const char *read_text(hid_t id, bool attribute, struct arena *arena)
{
	hid_t type = attribute ? H5Aget_type(id) : H5Dget_type(id);
	hid_t space = attribute ? H5Aget_space(id) : H5Dget_space(id);
	hid_t memory = H5Tcopy(H5T_C_S1);
	size_t size = H5Tget_size(type);
	char *text = NULL, *grown = NULL;

	H5Tset_cset(memory, H5Tget_cset(type));
	if (H5Tget_class(type) != H5T_STRING || H5Sget_simple_extent_npoints(space) != 1) {
		text = NULL;
	} else if (H5Tis_variable_str(type) > 0) {
		H5Tset_size(memory, H5T_VARIABLE);
		if ((attribute ? H5Aread(id, memory, &grown)
			       : H5Dread(id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, &grown)) >= 0 &&
			grown) {
			text = arena_copy(arena, grown);
			H5free_memory(grown);
		}
	} else if (size > 0 && size < MAX_TEXT) {
		H5Tset_size(memory, size + 1);
		text = arena_zero(arena, (int64_t)size + 2, 1);
		if (text &&
			(attribute ? H5Aread(id, memory, text)
				   : H5Dread(id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, text)) < 0)
			text = NULL;
	}
	H5Tclose(memory);
	H5Tclose(type);
	H5Sclose(space);
	return text;
}

const char *hdf5_text(
	const struct hdf5_file *file, const char *path, const char *rest, struct arena *arena)
{
	char full[4096];
	const char *text;
	hid_t id;

	if (!join(full, sizeof(full), path, rest))
		return NULL;
	if (hdf5_look(file, full, NULL).kind != HDF5_DATASET)
		return NULL;
	id = H5Dopen2(file->id, full, H5P_DEFAULT);
	if (id < 0)
		return NULL;
	text = read_text(id, false, arena);
	H5Dclose(id);
	return text;
}

const char *hdf5_units(const struct hdf5_file *file, const char *path, struct arena *arena)
{
	static const char *const names[] = {"units", "unit"};
	hid_t id = H5Oopen(file->id, path, H5P_DEFAULT);
	const char *text = NULL;

	for (int i = 0; i < 2 && id >= 0 && !text; i++) {
		if (H5Aexists(id, names[i]) > 0) {
			hid_t attribute = H5Aopen(id, names[i], H5P_DEFAULT);
			if (attribute >= 0) {
				text = read_text(attribute, true, arena);
				H5Aclose(attribute);
			}
		}
	}
	if (id >= 0)
		H5Oclose(id);
	return text;
}

double hdf5_number(const struct hdf5_file *file, const char *path, const char *rest,
	struct arena *arena, const char **units)
{
	struct hdf5_shape shape;
	char full[4096], *end;
	const char *text;
	double value = NAN;

	*units = "";
	if (!join(full, sizeof(full), path, rest))
		return NAN;
	shape = hdf5_look(file, full, NULL);
	if (shape.kind != HDF5_DATASET)
		return NAN;
	for (int i = 0; i < shape.rank; i++)
		if (i >= HDF5_MAX_RANK || shape.dim[i] != 1)
			return NAN;
	text = hdf5_units(file, full, arena);
	*units = text ? text : "";
	if (shape.number) {
		hid_t id = H5Dopen2(file->id, full, H5P_DEFAULT);
		if (H5Dread(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value) < 0)
			value = NAN;
		H5Dclose(id);
	} else if ((text = hdf5_text(file, full, NULL, arena))) {
		value = strtod(text, &end);
		end += strspn(end, " ");
		if (end == text || (*end && length_um(1, end) != length_um(1, end)))
			return NAN; /* text that only begins with digits, such as an identifier */
		if (*end)
			*units = end;
	}
	return isfinite(value) ? value : NAN;
}
