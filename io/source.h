/* SPDX-License-Identifier: BSD-3-Clause
 * Inside of io/scan.c and io/layout_*.c: where frames are on disk.
 * A stack is a row of equal frames in one HDF5 dataset or one series of TIFFs. A series picks frames
 * of a stack. A layout fills struct found; scan.c joins what several places gave. */
#ifndef IO_SOURCE_H
#define IO_SOURCE_H

#include "io/scan.h"

struct stack {
	const char *name; /* "FILE:KEY" or "FOLDER/name*.tif" */
	int64_t n, n_row, n_col;
	enum sample type;
	bool compressed;
	/* Frames [first, first + n), rows [row0, row1), whole width, as `type`. In bounds. */
	enum err (*read)(struct stack *stack, int64_t first, int64_t n, int64_t row0, int64_t row1,
		void *out);
	void (*close)(struct stack *stack); /* may be NULL */
	int64_t id;			    /* HDF5 */
	struct tiff_series *tiff;
	float constant;
	struct stack *next;
};

/* Frames of a stack; frame[i] is the index in the stack. */
struct series {
	struct stack *stack;
	int64_t n;
	const int64_t *frame;
	double at; /* flats and darks: see struct frame_group */
};

struct angles {
	double *value;
	int64_t n;
	const char *source;
	enum angles_unit unit; /* UNIT_AUTO: the file does not say */
	bool encoder;	       /* HEX: may be encoder counts, 200 a degree */
};

struct found {
	const char *layout;
	const char *detector; /* HEX with several detectors: which one */
	struct series proj;   /* proj.stack NULL: none */
	struct series flats[MAX_GROUPS], darks[MAX_GROUPS];
	int n_flats, n_darks;
	struct angles angles; /* n 0: none */
	double pixel_um, energy_kev, distance_mm;
	const char *pixel_source;
	double exposure[3];
	bool half;
};

/* Everything that an open scan holds on to. */
struct scan_source {
	struct arena *arena;
	struct hdf5_file *files;
	struct stack *stacks;
	const char **inputs;
	int n_inputs, max_inputs;
	const char *root; /* folder of TIFFs being read: its own name says nothing of its files */
	struct series proj, flats[MAX_GROUPS], darks[MAX_GROUPS];
};

/* FILE[:KEY][:A:B]. Colons may be part of FILE: it is cut only where what is before exists. */
struct spec {
	const char *text, *file, *key; /* key "" when not given */
	int64_t begin, end;	       /* 0, -1: all */
};

/* io/source.c */
enum err spec_parse(struct spec *spec, const char *text, struct arena *arena);
bool is_folder(const char *path);
bool is_file(const char *path);
const char *base_name(const char *path);
const char *folder_of(const char *path, struct arena *arena); /* "." when there is none */
bool has_suffix(const char *name, const char *const *suffixes);
/* What a name says: FRAME_FLAT, FRAME_DARK or FRAME_PROJECTION; *at: -1 for "before", +1 for
 * "after", else 0. */
enum frame_kind kind_of_name(const char *name, int *at);
/* Names in a folder that are not hidden, in natural order. */
enum err list_folder(const char *path, struct arena *arena, const char ***names, int64_t *n);
enum err add_input(struct scan_source *source, const char *path);    /* once */
enum err append_input(struct scan_source *source, const char *path); /* known to be new */
enum err series_all(struct scan_source *source, struct series *series, struct stack *stack);
enum err series_cut(struct series *series, const struct spec *spec);
enum err add_group(struct found *found, enum frame_kind kind, struct series series);
enum err constant_stack(struct scan_source *source, struct stack **stack, double value,
	const struct stack *like, const char *name);
enum err series_read(const struct series *series, int64_t first, int64_t n, int64_t row0,
	int64_t row1, void *out);
void found_init(struct found *found);
/* A length in um from a value and its unit (NULL or "": guessed only for metres); NAN if it makes
 * no sense. */
double length_um(double value, const char *unit);

/* io/angles.c */
enum err angles_read(struct scan_source *source, struct angles *angles, const struct spec *spec);
enum err angles_linspace(struct scan_source *source, struct angles *angles, double first,
	double last, int64_t n, const char *why);
/* Degrees for n projections in file order; *n may shrink (truncate). Fills the angle fields. A policy
 * is applied only where numbers do not match: angles that match are used as measured. */
enum err angles_settle(struct scan *scan, const struct angles *angles, int64_t *n,
	const struct input_settings *input, struct arena *arena);

/* io/layout_*.c. Each says by *mine whether the file is its own; errors only if it is. `key`: a group
 * or dataset chosen by the user, or "". */
struct hdf5_file;
enum err layout_nxtomo(struct scan_source *source, struct hdf5_file *file, const char *key,
	struct found *found, bool *mine);
enum err layout_dxchange(struct scan_source *source, struct hdf5_file *file, const char *key,
	struct found *found, bool *mine);
enum err layout_hex(struct scan_source *source, struct hdf5_file *file, const char *key,
	const char *detector, struct found *found, bool *mine);
enum err layout_plain(
	struct scan_source *source, struct hdf5_file *file, const char *key, struct found *found);
/* flat_*.hdf, dark_*.hdf (or .h5) in a folder, as HEX writes them. */
enum err hex_beside(struct scan_source *source, const char *folder, struct found *found);
enum err layout_tiff_folder(struct scan_source *source, const char *folder, struct found *found);
enum err layout_tiff_file(struct scan_source *source, const char *path, struct found *found);

#endif
