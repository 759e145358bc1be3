/* SPDX-License-Identifier: BSD-3-Clause
 * Painted slices; see io/painted.h. */
#include "io/painted.h"

#include "io/source.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FILES = 100000 };

struct opening {
	struct painted *painted;
	const char **names;
	int64_t n_names, nz, most_pages;
	const char *slices;
	struct arena *arena;
};

static bool is_tiff_name(const char *name)
{
	static const char *const endings[] = {".tif", ".tiff", NULL};

	return has_suffix(name, endings);
}

static enum err add_name(struct opening *o, const char *name)
{
	if (o->n_names == MOST_FILES)
		return fail(ERR_INPUT, "%s: more than %d painted files", name, MOST_FILES);
	o->names[o->n_names++] = name;
	return OK;
}

static enum err add_folder(struct opening *o, const char *folder)
{
	const char **names;
	int64_t n, before = o->n_names;

	TRY(list_folder(folder, o->arena, &names, &n));
	for (int64_t i = 0; i < n; i++) {
		const char *path;

		if (!is_tiff_name(names[i]))
			continue;
		NEED(path = arena_format(o->arena, "%s/%s", folder, names[i]));
		TRY(add_name(o, path));
	}
	if (o->n_names == before)
		return fail(ERR_INPUT, "%s: there are no painted TIFFs in this folder", folder);
	return OK;
}

/* The files that a list with commas stands for. */
static enum err list_names(struct opening *o, const char *places)
{
	char *text = arena_copy(o->arena, places), *rest = text;

	NEED(text);
	for (char *one = strsep(&rest, ","); one; one = strsep(&rest, ",")) {
		if (!*one)
			continue;
		TRY(is_folder(one) ? add_folder(o, one) : add_name(o, one));
	}
	return o->n_names ? OK : fail(ERR_USAGE, "--train: names no file");
}

/* -1: there is no number. */
static int64_t last_number(const char *path)
{
	const char *name = base_name(path), *dot = strrchr(name, '.'), *end = dot ? dot : name;

	while (end > name && !isdigit((unsigned char)end[-1]))
		end--;
	while (end > name && isdigit((unsigned char)end[-1]))
		end--;
	return isdigit((unsigned char)*end) ? strtoll(end, NULL, 10) : -1;
}

static enum err add_page(struct opening *o, struct labels *labels, int64_t page, int64_t z)
{
	struct painted *p = o->painted;

	if (z < 0 || z >= o->nz)
		return fail(ERR_INPUT,
			"%s: is slice %lld by its name or --train-slices, but the volume has "
			"slices 0 "
			"to %lld",
			labels->path, (long long)z, (long long)o->nz - 1);
	p->page[p->n++] = (struct painted_page){z, labels, page};
	return OK;
}

/* The next number of the list. */
static enum err next_slice(struct opening *o, const char *name, int64_t *z)
{
	char *end;

	*z = strtoll(o->slices, &end, 10);
	if (end == o->slices || (*end && *end != ','))
		return fail(ERR_USAGE,
			"--train-slices: \"%.40s\" is no number, or there are fewer numbers than "
			"painted pages (at %s)",
			o->slices, name);
	o->slices = *end ? end + 1 : end;
	return OK;
}

static enum err place_pages(struct opening *o, struct labels *labels, bool listed)
{
	int64_t z;

	for (int64_t k = 0; k < labels->nz; k++) {
		z = k;
		if (listed) {
			TRY(next_slice(o, labels->path, &z));
		} else if (labels->nz != o->nz || o->nz == 1) {
			z = labels->nz == 1 ? last_number(labels->path) : -1;
			if (o->nz == 1 && z < 0)
				z = 0;
			if (z < 0)
				return fail(ERR_USAGE,
					"%s: which slices are its %lld pages? --train-slices says "
					"so, or "
					"a number in the file's name, or as many pages as the "
					"volume has "
					"slices (%lld)",
					labels->path, (long long)labels->nz, (long long)o->nz);
		}
		TRY(add_page(o, labels, k, z));
	}
	return OK;
}

static enum err open_files(struct opening *o)
{
	struct painted *p = o->painted;
	int64_t pages = 0;

	NEED(p->files = ARENA_ZERO(o->arena, struct labels *, o->n_names));
	for (int64_t i = 0; i < o->n_names; i++) {
		struct labels *l = ARENA_ZERO(o->arena, struct labels, 1);

		NEED(l);
		TRY(labels_open(l, o->names[i], o->arena));
		p->files[p->n_files++] = l;
		if (l->ny != p->ny || l->nx != p->nx)
			return fail(ERR_INPUT,
				"%s: is %lld x %lld pixels, but the volume's slices are %lld x "
				"%lld",
				l->path, (long long)l->ny, (long long)l->nx, (long long)p->ny,
				(long long)p->nx);
		pages += l->nz;
	}
	NEED(p->page = ARENA_NEW(o->arena, struct painted_page, pages));
	return OK;
}

static int by_slice(const void *a, const void *b)
{
	const struct painted_page *x = a, *y = b;

	return (x->z > y->z) - (x->z < y->z);
}

static enum err place_all(struct opening *o)
{
	struct painted *p = o->painted;
	bool listed = *o->slices;

	for (int64_t i = 0; i < p->n_files; i++)
		TRY(place_pages(o, p->files[i], listed));
	if (*o->slices)
		return fail(ERR_USAGE,
			"--train-slices: has more numbers than the %lld painted pages",
			(long long)p->n);
	qsort(p->page, (size_t)p->n, sizeof(*p->page), by_slice);
	for (int64_t i = 1; i < p->n; i++)
		if (p->page[i].z == p->page[i - 1].z)
			return fail(ERR_INPUT, "%s and %s: are both slice %lld",
				p->page[i - 1].labels->path, p->page[i].labels->path,
				(long long)p->page[i].z);
	return OK;
}

enum err painted_open(struct painted *painted, const char *places, const char *slices, int64_t nz,
	int64_t ny, int64_t nx, struct arena *arena)
{
	struct opening o = {.painted = painted, .slices = slices, .nz = nz, .arena = arena};
	enum err e;

	*painted = (struct painted){.ny = ny, .nx = nx};
	NEED(o.names = ARENA_NEW(arena, const char *, MOST_FILES));
	TRY(list_names(&o, places));
	e = open_files(&o);
	if (e == OK)
		e = place_all(&o);
	if (e != OK)
		painted_close(painted);
	return e;
}

enum err painted_read(const struct painted *p, int64_t i, uint8_t *out)
{
	const struct painted_page *page = p->page + i;

	TRY(labels_read(page->labels, page->page, 1, out));
	for (int64_t k = 0; k < p->ny * p->nx; k++)
		if (out[k] == 255)
			return fail(ERR_INPUT,
				"%s: the value at y %lld, x %lld is 255; painted values are 1 to "
				"254, "
				"and 0 where nothing is painted",
				page->labels->path, (long long)(k / p->nx), (long long)(k % p->nx));
	return OK;
}

void painted_close(struct painted *p)
{
	for (int64_t i = 0; i < p->n_files; i++)
		labels_close(p->files[i]);
	p->n_files = 0;
}
