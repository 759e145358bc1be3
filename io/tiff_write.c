/* SPDX-License-Identifier: BSD-3-Clause */
#include "io/tiff_write.h"

#include "io/disk.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ASCII = 2, SHORT = 3, LONG = 4, RATIONAL = 5, LONG8 = 16 };
enum { PLAIN_TAGS = 12, RESOLUTION_TAGS = 3 };
static const char SOFTWARE[] = "tomochron " TOMO_VERSION;
static const int64_t BIG_ABOVE = 4000000000;

/* Where things are in the file. The first page has one tag more: the description. */
struct layout {
	bool big, resolved;
	int64_t ifd, ifd_bytes;
	int64_t resolution; /* offset of the fraction; BigTIFF: the fraction itself, it fits */
	int64_t software, description, description_bytes; /* texts with their NUL */
	int64_t pixels, page_bytes;
};

/* Little-endian writing at a place that moves on. */
struct pen {
	uint8_t *at;
	bool big; /* counts and offsets have 8 bytes */
};

static void put(struct pen *pen, int64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		*pen->at++ = (uint8_t)((uint64_t)value >> (8 * i));
}

static void tag(struct pen *pen, int id, int type, int64_t count, int64_t value)
{
	put(pen, id, 2);
	put(pen, type, 2);
	put(pen, count, pen->big ? 8 : 4);
	put(pen, value, pen->big ? 8 : 4);
}

static void put_page(
	struct pen *pen, const struct tiff_plan *plan, const struct layout *l, int64_t page)
{
	int offset = l->big ? LONG8 : LONG;
	int64_t next = page + 1 < plan->n ? l->ifd + (page + 1) * l->ifd_bytes : 0;
	int n_tags = PLAIN_TAGS + (page == 0) + (l->resolved ? RESOLUTION_TAGS : 0);

	pen->at += l->ifd + page * l->ifd_bytes;
	put(pen, n_tags, l->big ? 8 : 2);
	tag(pen, 254, LONG, 1, 0);
	tag(pen, 256, LONG, 1, plan->nx);
	tag(pen, 257, LONG, 1, plan->ny);
	tag(pen, 258, SHORT, 1, plan->bits);
	tag(pen, 259, SHORT, 1, 1); /* not compressed */
	tag(pen, 262, SHORT, 1, 1); /* black is zero */
	if (page == 0)
		tag(pen, 270, ASCII, l->description_bytes, l->description);
	tag(pen, 273, offset, 1, l->pixels + page * l->page_bytes);
	tag(pen, 277, SHORT, 1, 1);
	tag(pen, 278, LONG, 1, plan->ny);
	tag(pen, 279, offset, 1, l->page_bytes);
	if (l->resolved) {
		tag(pen, 282, RATIONAL, 1, l->resolution);
		tag(pen, 283, RATIONAL, 1, l->resolution);
		tag(pen, 296, SHORT, 1, 1); /* no unit here: it stands in the description */
	}
	tag(pen, 305, ASCII, (int64_t)sizeof(SOFTWARE), l->software);
	tag(pen, 339, SHORT, 1, plan->bits == 32 ? 3 : 1);
	put(pen, next, l->big ? 8 : 4);
}

/* What ImageJ writes and reads; lines that it does not know it passes over. cf=0 is its straight
 * calibration line, so that numbers of 16 and 8 bits show as physical values. */
static const char *describe(const struct tiff_plan *plan, struct arena *arena)
{
	const char *stack = "", *size = "", *step = "", *range = "", *scale = "";

	if (plan->n > 1)
		stack = arena_format(arena, "images=%lld\nslices=%lld\n", (long long)plan->n,
			(long long)plan->n);
	if (isfinite(plan->voxel_um))
		size = arena_format(arena, "unit=micron\npixel_size_um=%.9g\n", plan->voxel_um);
	if (isfinite(plan->voxel_um) && isfinite(plan->step_um))
		step = arena_format(arena, "spacing=%.9g\n", plan->step_um);
	if (isfinite(plan->min) && isfinite(plan->max))
		range = arena_format(arena, "min=%.9g\nmax=%.9g\n", plan->min, plan->max);
	if (plan->bits < 32 && isfinite(plan->low) && isfinite(plan->high))
		scale = arena_format(arena,
			"cf=0\nc0=%.9g\nc1=%.9g\nvunit=%s\nscale_low=%.9g\nscale_high=%.9g\n",
			plan->low, (plan->high - plan->low) / (plan->bits == 16 ? 65535 : 255),
			plan->units, plan->low, plan->high);
	if (!stack || !size || !step || !range || !scale)
		return NULL;
	return arena_format(arena, "ImageJ=1.53t\n%s%s%sloop=false\n%s%sunits=%s\norigin=%s\n",
		stack, size, step, range, scale, plan->units, plan->origin);
}

static int64_t round_up(int64_t n, int64_t step)
{
	return (n + step - 1) / step * step;
}

static void lay_out(struct layout *l, const struct tiff_plan *plan)
{
	int64_t at;
	int n_tags;

	l->resolved = isfinite(plan->voxel_um) && plan->voxel_um > 0 && plan->voxel_um < 4000;
	n_tags = PLAIN_TAGS + 1 + (l->resolved ? RESOLUTION_TAGS : 0);
	l->ifd = l->big ? 16 : 8;
	l->ifd_bytes = round_up(l->big ? 8 + 20 * n_tags + 8 : 2 + 12 * n_tags + 4, 8);
	at = l->ifd + plan->n * l->ifd_bytes;
	l->resolution = at;
	l->software = at + 8;
	l->description = round_up(l->software + (int64_t)sizeof(SOFTWARE), 2);
	l->pixels = round_up(l->description + l->description_bytes, 16);
}

enum err tiff_head(struct tiff_head *head, const struct tiff_plan *plan, struct arena *arena)
{
	const char *description = describe(plan, arena);
	int64_t above = plan->big_above ? plan->big_above : BIG_ABOVE;
	struct layout l = {0};
	int64_t per_um = 0;
	struct pen pen;

	NEED(description);
	if (plan->ny > INT32_MAX || plan->nx > INT32_MAX)
		return fail(ERR_USAGE, "TIFF: a side of more than 2147483647 pixels");
	l.page_bytes = plan->ny * plan->nx * (plan->bits / 8);
	l.description_bytes = (int64_t)strlen(description) + 1;
	lay_out(&l, plan);
	if (l.pixels + plan->n * l.page_bytes > above) {
		l.big = true;
		lay_out(&l, plan);
	}
	*head = (struct tiff_head){.n = l.pixels,
		.page_bytes = l.page_bytes,
		.file_bytes = l.pixels + plan->n * l.page_bytes,
		.big = l.big,
		.bytes = arena_zero(arena, l.pixels, 1)};
	NEED(head->bytes);
	if (l.resolved) /* pixels per um = 1e6 / this */
		per_um = llround(plan->voxel_um * 1e6);
	pen = (struct pen){(uint8_t *)head->bytes + l.resolution, l.big};
	put(&pen, 1000000, 4);
	put(&pen, per_um, 4);
	if (l.big)
		l.resolution = 1000000 | (int64_t)((uint64_t)per_um << 32);
	memcpy((char *)head->bytes + l.software, SOFTWARE, sizeof(SOFTWARE));
	memcpy((char *)head->bytes + l.description, description, (size_t)l.description_bytes);
	pen.at = head->bytes;
	put(&pen, l.big ? 0x2b4949 : 0x2a4949, 4); /* "II", 42 or 43 */
	if (l.big)
		put(&pen, 8, 4); /* bytes of an offset */
	put(&pen, l.ifd, l.big ? 8 : 4);
	for (int64_t page = 0; page < plan->n; page++) {
		pen.at = head->bytes;
		put_page(&pen, plan, &l, page);
	}
	return OK;
}

enum err tiff_save(
	const char *path, const struct tiff_plan *plan, const void *pixels, struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	const char *part = disk_part(path, arena);
	struct tiff_head head;
	enum err e;
	int fd;

	NEED(part);
	TRY(tiff_head(&head, plan, arena));
	TRY(disk_open(&fd, part, O_WRONLY | O_CREAT | O_TRUNC));
	e = disk_write(fd, path, head.bytes, head.n, 0);
	for (int64_t i = 0; e == OK && i < plan->n; i++)
		e = disk_write(fd, path, (const char *)pixels + i * head.page_bytes,
			head.page_bytes, head.n + i * head.page_bytes);
	if (e == OK)
		e = disk_close(&fd, path);
	if (e == OK)
		e = disk_rename(part, path);
	if (e != OK) {
		if (fd >= 0)
			close(fd);
		unlink(part);
	}
	arena_release(arena, mark);
	return e;
}
