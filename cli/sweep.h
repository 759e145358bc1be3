/* SPDX-License-Identifier: BSD-3-Clause
 * center --sweep: one slice reconstructed with each of a list of centres. */
#ifndef CLI_SWEEP_H
#define CLI_SWEEP_H

#include "cli/prepare.h"

/* Writes DIR/center_0084.25.tif for each centre (full-detector columns, as it was used) and
 * DIR/sweep.png with all of them; prints their names. */
enum err sweep_run(struct prepared *p, struct arena *arena);

#endif
