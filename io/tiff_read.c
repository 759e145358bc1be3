/* SPDX-License-Identifier: BSD-3-Clause
 * See io/tiff_read.h. libtiff reads the directory of a page; rows of plain strips are then taken from
 * the file itself, others (compressed, tiles) are decoded by libtiff into one frame of scratch. */
#include "io/tiff_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

enum { MAX_SIDE = 1 << 18, MAX_PAGES = 1 << 20 };

/* What matters of a directory. */
struct page {
	uint32_t width, height, rows_per_strip;
	uint16_t bits, format;
	bool plain, tiled; /* plain: rows can be taken from the file */
	int64_t images;	   /* ImageJ's count, 1 elsewhere */
};

static const int64_t MAX_OFFSET = (int64_t)1 << 60; /* junk beyond; sums of two stay in 64 bits */

struct tiff_series {
	const char *folder;
	const char *const *names;
	int64_t n_files, pages; /* pages a file */
	uint64_t *offset;	/* of the directory of each page, if one file has many */
	struct page page;	/* of the first */
	TIFF *open;
	int64_t open_file;
	char *scratch;
};

static _Thread_local char reason[400];

__attribute__((format(printf, 2, 0))) static void keep_reason(
	const char *module, const char *format, va_list args)
{
	(void)module;
	if (!*reason)
		vsnprintf(reason, sizeof(reason), format, args);
}

static void path_of(const struct tiff_series *t, int64_t file, char *path, size_t size)
{
	snprintf(path, size, "%s%s%s", t->folder, *t->folder ? "/" : "", t->names[file]);
}

static enum err fail_file(const struct tiff_series *t, int64_t file, const char *text)
{
	char path[4096];

	path_of(t, file, path, sizeof(path));
	return fail(ERR_INPUT, "%s: %s%s%s", path, text, *reason ? ": " : "", reason);
}

static void close_file(struct tiff_series *t)
{
	if (t->open)
		TIFFClose(t->open);
	t->open = NULL;
}

static enum err open_file(struct tiff_series *t, int64_t file)
{
	char path[4096];

	if (t->open && t->open_file == file)
		return OK;
	close_file(t);
	TIFFSetErrorHandler(keep_reason);
	TIFFSetWarningHandler(NULL);
	reason[0] = '\0';
	path_of(t, file, path, sizeof(path));
	t->open = TIFFOpen(path, "rm"); /* m: no memory map, a file cut short must not kill us */
	t->open_file = file;
	return t->open ? OK : fail_file(t, file, "cannot be read as TIFF");
}

static int64_t imagej_images(TIFF *tiff)
{
	char *text, *at;

	if (!TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &text) || strncmp(text, "ImageJ=", 7))
		return 1;
	at = strstr(text, "images=");
	return at && atoll(at + 7) > 0 ? atoll(at + 7) : 1;
}

static enum err read_page(const struct tiff_series *t, struct page *page)
{
	uint16_t samples, compression, fill;
	TIFF *tiff = t->open;

	*page = (struct page){0};
	TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &page->width);
	TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &page->height);
	TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &page->bits);
	TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &page->format);
	TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
	TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
	TIFFGetFieldDefaulted(tiff, TIFFTAG_FILLORDER, &fill);
	TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &page->rows_per_strip);
	page->tiled = TIFFIsTiled(tiff);
	page->plain = compression == COMPRESSION_NONE && fill == FILLORDER_MSB2LSB && !page->tiled;
	page->images = imagej_images(tiff);
	if (page->rows_per_strip > page->height)
		page->rows_per_strip = page->height;
	reason[0] = '\0';
	if (page->width < 1 || page->height < 1 || page->width > MAX_SIDE ||
		page->height > MAX_SIDE || (!page->tiled && page->rows_per_strip < 1))
		return fail_file(t, t->open_file, "has no image of a usable size");
	if (samples != 1)
		return fail_file(
			t, t->open_file, "is a colour image; a frame has one grey value a pixel");
	if (page->format == SAMPLEFORMAT_VOID)
		page->format = SAMPLEFORMAT_UINT;
	if (page->format == SAMPLEFORMAT_IEEEFP
			? page->bits != 32 && page->bits != 64
			: (page->format > SAMPLEFORMAT_INT ||
				  (page->bits != 8 && page->bits != 16 && page->bits != 32)))
		return fail_file(t, t->open_file,
			"has a pixel type that is not read; 8, 16 and 32 bit whole numbers and 32 "
			"and "
			"64 bit floating point are");
	return OK;
}

static enum sample sample_of(const struct page *page)
{
	if (page->format == SAMPLEFORMAT_UINT && page->bits == 8)
		return SAMPLE_U8;
	return page->format == SAMPLEFORMAT_UINT && page->bits == 16 ? SAMPLE_U16 : SAMPLE_F32;
}

/* Bytes of rows [row0, row1), strip by strip, straight from the file. */
static enum err read_plain(struct tiff_series *t, const struct page *page, int64_t image,
	int64_t row0, int64_t row1, char *out)
{
	int64_t row_bytes = (int64_t)page->width * page->bits / 8, end;

	for (int64_t row = row0; row < row1; row = end) {
		int64_t strip = row / page->rows_per_strip, bytes, at;
		int64_t offset = (int64_t)TIFFGetStrileOffset(t->open, (uint32_t)strip);
		int64_t length = (int64_t)TIFFGetStrileByteCount(t->open, (uint32_t)strip);

		end = (strip + 1) * page->rows_per_strip;
		end = end < row1 ? end : row1;
		bytes = (end - row) * row_bytes;
		at = (row - strip * page->rows_per_strip) * row_bytes;
		if (offset < 0 || length < 0 || offset > MAX_OFFSET ||
			(page->images == 1 && at + bytes > length))
			return fail_file(t, t->open_file, "has fewer pixels than its size says");
		at += offset + image * page->height * row_bytes;
		while (bytes > 0) {
			ssize_t n = pread(TIFFFileno(t->open), out, (size_t)bytes, at);
			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				return fail_file(
					t, t->open_file, n < 0 ? strerror(errno) : "is truncated");
			out += n;
			at += n;
			bytes -= n;
		}
	}
	return OK;
}

static void swap(char *data, int64_t n, int bytes)
{
	for (int64_t i = 0; i < n; i++, data += bytes)
		for (int a = 0, b = bytes - 1; a < b; a++, b--) {
			char c = data[a];
			data[a] = data[b];
			data[b] = c;
		}
}

static enum err read_strips(
	struct tiff_series *t, const struct page *page, int64_t row0, int64_t row1, char *out)
{
	int64_t row_bytes = (int64_t)page->width * page->bits / 8, end;

	for (int64_t row = row0; row < row1; row = end) {
		int64_t strip = row / page->rows_per_strip, top = strip * page->rows_per_strip;
		int64_t n = page->rows_per_strip;

		end = top + n < row1 ? top + n : row1;
		if (top + n > page->height)
			n = page->height - top;
		if (TIFFReadEncodedStrip(t->open, (uint32_t)strip, t->scratch, n * row_bytes) !=
			n * row_bytes)
			return fail_file(t, t->open_file, "cannot be decoded");
		memcpy(out, t->scratch + (row - top) * row_bytes,
			(size_t)((end - row) * row_bytes));
		out += (end - row) * row_bytes;
	}
	return OK;
}

static enum err read_tiles(
	struct tiff_series *t, const struct page *page, int64_t row0, int64_t row1, char *out)
{
	int64_t size = page->bits / 8, row_bytes = (int64_t)page->width * size;
	uint32_t width = 0, height = 0;

	TIFFGetField(t->open, TIFFTAG_TILEWIDTH, &width);
	TIFFGetField(t->open, TIFFTAG_TILELENGTH, &height);
	if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE ||
		TIFFTileSize(t->open) != (int64_t)width * height * size)
		return fail_file(t, t->open_file, "has tiles of a strange size");
	t->scratch = realloc(t->scratch, (size_t)TIFFTileSize(t->open));
	if (!t->scratch)
		return fail(ERR_RESOURCE, "out of memory");
	for (int64_t top = row0 / height * height; top < row1; top += height) {
		int64_t a = top > row0 ? top : row0, b = top + height < row1 ? top + height : row1;

		for (int64_t left = 0; left < page->width; left += width) {
			int64_t n = left + width < page->width ? width : page->width - left;

			if (TIFFReadTile(t->open, t->scratch, (uint32_t)left, (uint32_t)top, 0, 0) <
				0)
				return fail_file(t, t->open_file, "cannot be decoded");
			for (int64_t row = a; row < b; row++)
				memcpy(out + (row - row0) * row_bytes + left * size,
					t->scratch + (row - top) * width * size,
					(size_t)(n * size));
		}
	}
	return OK;
}

static float as_float(const char *at, uint16_t format, uint16_t bits)
{
	int8_t i8;
	int16_t i16;
	int32_t i32;
	uint32_t u32;
	double f64;

	switch (format == SAMPLEFORMAT_INT ? -bits : bits) {
	case -8:
		return memcpy(&i8, at, 1), (float)i8;
	case -16:
		return memcpy(&i16, at, 2), (float)i16;
	case -32:
		return memcpy(&i32, at, 4), (float)i32;
	case 32:
		return memcpy(&u32, at, 4), (float)u32;
	default:
		return memcpy(&f64, at, 8), (float)f64;
	}
}

static enum err read_image(struct tiff_series *t, const struct page *page, int64_t image,
	int64_t row0, int64_t row1, char *out)
{
	if (page->plain) {
		TRY(read_plain(t, page, image, row0, row1, out));
		if (TIFFIsByteSwapped(t->open))
			swap(out, (row1 - row0) * page->width, page->bits / 8);
		return OK;
	}
	return page->tiled ? read_tiles(t, page, row0, row1, out)
			   : read_strips(t, page, row0, row1, out);
}

static bool same_page(const struct page *a, const struct page *b)
{
	return a->width == b->width && a->height == b->height && a->bits == b->bits &&
	       a->format == b->format;
}

/* Strips are decoded whole; kept here, not in the arena, because pages may differ in their strips. */
static enum err need_scratch(struct tiff_series *t, const struct page *page)
{
	if (page->plain || page->tiled)
		return OK;
	free(t->scratch);
	t->scratch = malloc((size_t)page->rows_per_strip * page->width * page->bits / 8);
	return t->scratch ? OK : fail(ERR_RESOURCE, "out of memory");
}

static enum err read_frame(
	struct stack *stack, int64_t frame, int64_t row0, int64_t row1, char *out)
{
	struct tiff_series *t = stack->tiff;
	bool imagej = t->page.images > 1 && t->pages > 1 && !t->offset;
	int64_t count = (row1 - row0) * stack->n_col, image = frame % t->pages;
	bool convert = stack->type == SAMPLE_F32 &&
		       !(t->page.format == SAMPLEFORMAT_IEEEFP && t->page.bits == 32);
	struct page page;
	char *raw = out;
	enum err code;

	TRY(open_file(t, frame / t->pages));
	reason[0] = '\0';
	if (t->pages > 1 && !imagej &&
		!(t->offset ? TIFFSetSubDirectory(t->open, t->offset[image])
			    : TIFFSetDirectory(t->open, (uint16_t)image)))
		return fail_file(t, t->open_file, "has a page that cannot be read");
	TRY(read_page(t, &page));
	if (!imagej)
		page.images = 1;
	if (!same_page(&page, &t->page))
		return fail(ERR_INPUT,
			"%s: the image in %s is %u x %u of %u bit, the first one is %u x %u of %u "
			"bit",
			stack->name, t->names[t->open_file], page.height, page.width, page.bits,
			t->page.height, t->page.width, t->page.bits);
	TRY(need_scratch(t, &page));
	if (!convert)
		return read_image(t, &page, imagej ? image : 0, row0, row1, out);
	raw = malloc((size_t)count * page.bits / 8);
	if (!raw)
		return fail(ERR_RESOURCE, "out of memory");
	code = read_image(t, &page, imagej ? image : 0, row0, row1, raw);
	for (int64_t i = 0; i < count && code == OK; i++)
		((float *)(void *)out)[i] =
			as_float(raw + i * page.bits / 8, page.format, page.bits);
	free(raw);
	return code;
}

static enum err read_frames(
	struct stack *stack, int64_t first, int64_t n, int64_t row0, int64_t row1, void *out)
{
	int64_t bytes = (row1 - row0) * stack->n_col * sample_bytes(stack->type);

	for (int64_t i = 0; i < n; i++)
		TRY(read_frame(stack, first + i, row0, row1, (char *)out + i * bytes));
	return OK;
}

static void close_frames(struct stack *stack)
{
	close_file(stack->tiff);
	free(stack->tiff->scratch);
}

/* Counts the pages of the open file and notes where they are. */
static enum err count_pages(struct scan_source *source, struct tiff_series *t)
{
	int64_t max = 1 + TIFFNumberOfDirectories(t->open);

	t->pages = 0;
	if (t->n_files > 1) {
		t->pages = max - 1;
		return t->pages ? OK : fail_file(t, 0, "has no image");
	}
	t->offset = ARENA_NEW(source->arena, uint64_t, max);
	NEED(t->offset);
	if (!TIFFSetDirectory(t->open, 0))
		return fail_file(t, 0, "has no image");
	do
		t->offset[t->pages++] = TIFFCurrentDirOffset(t->open);
	while (t->pages < max && TIFFReadDirectory(t->open));
	if (!TIFFSetDirectory(t->open, 0))
		return fail_file(t, 0, "has no image");
	return OK;
}

static enum err open_series(struct scan_source *source, struct stack *stack)
{
	struct tiff_series *t = stack->tiff;
	char path[4096];

	TRY(open_file(t, 0));
	TRY(count_pages(source, t));
	TRY(read_page(t, &t->page));
	if (t->n_files == 1 && t->pages == 1 && t->page.images > 1) {
		if (!t->page.plain || t->page.images > MAX_PAGES)
			return fail_file(t, 0, "is an ImageJ stack of one page that is not plain");
		t->pages = t->page.images;
		t->page.rows_per_strip = t->page.height;
		t->offset = NULL;
	}
	stack->n = t->n_files * t->pages;
	stack->n_row = t->page.height;
	stack->n_col = t->page.width;
	stack->type = sample_of(&t->page);
	stack->compressed = !t->page.plain;
	for (int64_t i = 0; i < t->n_files; i++) {
		path_of(t, i, path, sizeof(path));
		TRY(append_input(source, path));
	}
	if (t->n_files == 1)
		return OK;
	for (int64_t i = 0; i < t->n_files; i += t->n_files - 1) { /* the first and the last file */
		char *row = arena_alloc(source->arena, stack->n_col, 4);
		NEED(row);
		TRY(read_frame(
			stack, i * t->pages + t->pages - 1, stack->n_row - 1, stack->n_row, row));
	}
	return OK;
}

enum err tiff_stack(struct scan_source *source, const char *folder, const char *const *names,
	int64_t n, const char *label, struct stack **out)
{
	struct stack *stack = ARENA_ZERO(source->arena, struct stack, 1);
	struct tiff_series *t = ARENA_ZERO(source->arena, struct tiff_series, 1);

	NEED(stack);
	NEED(t);
	*t = (struct tiff_series){.folder = folder, .names = names, .n_files = n};
	*stack = (struct stack){.name = label,
		.read = read_frames,
		.close = close_frames,
		.tiff = t,
		.next = source->stacks};
	source->stacks = stack; /* closed with the source from here on */
	TRY(open_series(source, stack));
	*out = stack;
	return OK;
}
