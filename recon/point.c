/* SPDX-License-Identifier: BSD-3-Clause
 * Chooses the point kernels of this machine. */
#include "recon/point.h"

ISA_DECLARE(struct point_kernels, point_kernels);

const struct point_kernels *point_kernels(void)
{
	return ISA_PICK(point_kernels);
}
