/* SPDX-License-Identifier: BSD-3-Clause
 * Small made scans for tests, in a folder of their own under the system's temporary folder.
 * Pixel (frame, row, column) has the value 1000 * frame + 10 * row + column. */
#ifndef TESTS_SCAN_MAKE_H
#define TESTS_SCAN_MAKE_H

#include "core/arena.h"
#include "io/scan.h"
#include "tests/scan_input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <hdf5.h>
#include <tiffio.h>

enum { H = 6, W = 5 };

static struct arena *arena;
static char folder[256];

static inline const char *in_folder(const char *name)
{
	return arena_format(arena, "%s/%s", folder, name);
}

static inline double pixel(int64_t frame, int64_t row, int64_t col)
{
	return 1000.0 * (double)frame + 10.0 * (double)row + (double)col;
}

static inline int make_folder(void **state)
{
	const char *base = getenv("TMPDIR");

	(void)state;
	arena = arena_new();
	snprintf(folder, sizeof(folder), "%s/tomochron_XXXXXX", base && *base ? base : "/tmp");
	return mkdtemp(folder) && arena ? 0 : -1;
}

static inline int remove_folder(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	arena_free(arena);
	return system(command);
}

static inline void make_sub(const char *name)
{
	assert_int_equal(mkdir(in_folder(name), 0777), 0);
}

static inline hid_t make_h5(const char *name)
{
	hid_t id = H5Fcreate(in_folder(name), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);

	assert_true(id >= 0);
	return id;
}

static inline hid_t open_h5(const char *name)
{
	hid_t id = H5Fopen(in_folder(name), H5F_ACC_RDWR, H5P_DEFAULT);

	assert_true(id >= 0);
	return id;
}

static inline hid_t make_groups(void)
{
	hid_t list = H5Pcreate(H5P_LINK_CREATE);

	H5Pset_create_intermediate_group(list, 1);
	return list;
}

static inline hid_t put_dataset(
	hid_t file, const char *key, hid_t type, int rank, const hsize_t *dim, hid_t create)
{
	hid_t space = H5Screate_simple(rank, dim, NULL), list = make_groups();
	hid_t id = H5Dcreate2(file, key, type, space, list, create, H5P_DEFAULT);

	assert_true(id >= 0);
	H5Pclose(list);
	H5Sclose(space);
	return id;
}

/* n frames of the given value plan; first: index of the first frame in pixel(). */
static inline void put_frames_as(
	hid_t file, const char *key, int64_t first, int64_t n, hid_t type, hid_t create)
{
	hsize_t dim[3] = {(hsize_t)n, H, W};
	hid_t id = put_dataset(file, key, type, 3, dim, create);
	double *value = ARENA_NEW(arena, double, n *H *W);

	for (int64_t i = 0; i < n * H * W; i++)
		value[i] = pixel(first + i / (H * W), i / W % H, i % W);
	assert_true(H5Dwrite(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0);
	H5Dclose(id);
}

static inline void put_frames(hid_t file, const char *key, int64_t first, int64_t n)
{
	put_frames_as(file, key, first, n, H5T_STD_U16LE, H5P_DEFAULT);
}

static inline void put_attribute(hid_t file, const char *key, const char *name, const char *text)
{
	hid_t id = H5Oopen(file, key, H5P_DEFAULT), type = H5Tcopy(H5T_C_S1);
	hid_t space = H5Screate(H5S_SCALAR), attribute;

	H5Tset_size(type, strlen(text));
	attribute = H5Acreate2(id, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
	H5Awrite(attribute, type, text);
	H5Aclose(attribute);
	H5Sclose(space);
	H5Tclose(type);
	H5Oclose(id);
}

static inline void put_text(hid_t file, const char *key, const char *text)
{
	hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR), list = make_groups(), id;

	H5Tset_size(type, strlen(text));
	id = H5Dcreate2(file, key, type, space, list, H5P_DEFAULT, H5P_DEFAULT);
	H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text);
	H5Dclose(id);
	H5Pclose(list);
	H5Sclose(space);
	H5Tclose(type);
}

static inline void put_row(
	hid_t file, const char *key, const double *value, int64_t n, const char *units)
{
	hsize_t dim = (hsize_t)n;
	hid_t id = put_dataset(file, key, H5T_NATIVE_DOUBLE, 1, &dim, H5P_DEFAULT);

	assert_true(H5Dwrite(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0);
	H5Dclose(id);
	if (units)
		put_attribute(file, key, "units", units);
}

static inline void put_number(hid_t file, const char *key, double value, const char *units)
{
	put_row(file, key, &value, 1, units);
}

/* first, first + step, ... */
static inline void put_angles(
	hid_t file, const char *key, int64_t n, double first, double step, const char *units)
{
	double *value = ARENA_NEW(arena, double, n);

	for (int64_t i = 0; i < n; i++)
		value[i] = first + step * (double)i;
	put_row(file, key, value, n, units);
}

static inline void put_link(hid_t file, const char *key, const char *target, const char *path)
{
	hid_t list = make_groups();

	assert_true(H5Lcreate_external(target, path, file, key, list, H5P_DEFAULT) >= 0);
	H5Pclose(list);
}

/* A DXchange file of 4 projections, in degrees 0, 45, 90, 135. */
static inline hid_t make_dxchange(const char *name)
{
	hid_t file = make_h5(name);

	put_frames(file, "/exchange/data", 0, 4);
	put_angles(file, "/exchange/theta", 4, 0, 45, "degrees");
	return file;
}

static inline void put_lines(const char *name, const char *text)
{
	FILE *file = fopen(in_folder(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static inline struct scan *open_ok(const struct input_settings *input)
{
	struct scan *scan;
	enum err code = scan_open(&scan, input, arena);

	if (code != OK)
		fail_msg("%s", error_message());
	return scan;
}

static inline struct scan *open_name(const char *name)
{
	struct input_settings input = no_input();

	input.scan = in_folder(name);
	return open_ok(&input);
}

/* The sentence must be one line, in lower case without full stop, and name `part`. */
static inline void check_sentence(enum err code, enum err expected, const char *part)
{
	const char *text = error_message();

	if (code != expected || !strstr(text, part) || strchr(text, '\n') ||
		text[strlen(text) - 1] == '.')
		fail_msg("code %d (not %d) or sentence without \"%s\": %s", code, expected, part,
			text);
}

static inline void open_fails(const struct input_settings *input, const char *part)
{
	struct scan *scan;

	check_sentence(scan_open(&scan, input, arena), ERR_INPUT, part);
	assert_null(scan);
}

static inline void name_fails(const char *name, const char *part)
{
	struct input_settings input = no_input();

	input.scan = in_folder(name);
	open_fails(&input, part);
}

/* Frame `index` of a kind is frame `made` of pixel(): whole, and rows 2 to 4 alone. */
static inline void check_frame(
	struct scan *scan, enum frame_kind kind, int group, int64_t index, int64_t made)
{
	float value[H * W];
	union {
		uint8_t u8[H * W];
		uint16_t u16[H * W];
		float f32[H * W];
	} raw;
	enum sample type = scan_type(scan, kind, group);

	for (int64_t row0 = 0; row0 < 4; row0 += 2) {
		int64_t row1 = row0 ? 5 : H, n = (row1 - row0) * W;

		if (scan_read(scan, kind, group, index, 1, row0, row1, &raw) != OK)
			fail_msg("%s", error_message());
		for (int64_t i = 0; i < n; i++) {
			value[i] = type == SAMPLE_U8	? raw.u8[i]
				   : type == SAMPLE_U16 ? raw.u16[i]
							: raw.f32[i];
			assert_true((double)value[i] == pixel(made, row0 + i / W, i % W));
		}
	}
}

#endif
