/* SPDX-License-Identifier: BSD-3-Clause
 * The page of `tomochron info`: first, middle and last projection, a sinogram, intensity and angle
 * step over the frames. */
#ifndef REPORT_AUDIT_PICTURE_H
#define REPORT_AUDIT_PICTURE_H

#include "io/audit.h"

enum err audit_picture(const struct audit *audit, const char *path, struct arena *arena);

#endif
