/* SPDX-License-Identifier: BSD-3-Clause
 * One camera frame as a TIFF file: uint16, uncompressed, one strip, as area detectors write it. */
#include "io/scan_write.h"

#include <errno.h>
#include <string.h>
#include <tiffio.h>

enum err tiff_scan_write(const char *path, int64_t n_row, int64_t n_col, const uint16_t *pixels)
{
	tmsize_t bytes = (tmsize_t)(n_row * n_col * 2);
	TIFF *tiff;
	bool good;

	errno = 0;
	TIFFSetErrorHandler(NULL);
	tiff = TIFFOpen(path, "w");
	if (!tiff)
		return fail(ERR_RESOURCE, "%s: cannot write: %s", path, strerror(errno));
	TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)n_col);
	TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, (uint32_t)n_row);
	TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, (uint32_t)n_row);
	TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 16);
	TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
	TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
	TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
	TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
	/* libtiff takes a buffer it may swap in place; on little-endian machines it does not. */
	good = TIFFWriteRawStrip(tiff, 0, (void *)(uintptr_t)pixels, bytes) == bytes &&
	       TIFFFlush(tiff) == 1;
	TIFFClose(tiff);
	return good ? OK : fail(ERR_RESOURCE, "%s: cannot write: %s", path, strerror(errno));
}
