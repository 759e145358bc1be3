/* SPDX-License-Identifier: BSD-3-Clause
 * The face of the ceramic seen along z: its cracks, coloured by aperture, by depth and by what fills them; and what
 * lies on it, liquid, films of gas or bubbles. x to the right, y down, as a plane of the volume lies. */
#ifndef REPORT_FACE_PICTURE_H
#define REPORT_FACE_PICTURE_H

#include "core/arena.h"
#include "core/metrics.h"
#include "segment/topview.h"

struct face_page {
	const char *title; /* what this is of */
	double voxel_um;   /* NAN: lengths are given in voxels */
	struct quantity
		contact; /* contact fraction of the step; value NAN: the share of the columns */
	const struct face_maps *maps;
};

/* PNGs of any size of map: at most 512 pixels a panel, cells of several columns hold their mean (lengths) or what is
 * rarest (materials). Volumes without a crack get a page that says so. */
enum err crack_picture(const char *path, const struct face_page *page, struct arena *arena);
enum err contact_picture(const char *path, const struct face_page *page, struct arena *arena);

#endif
