/* SPDX-License-Identifier: BSD-3-Clause */
#include "recon/stage.h"

const char *const count_names[N_COUNTS] = {
	[COUNT_UNUSABLE_FLAT] = "unusable_flat",
	[COUNT_NOT_FINITE] = "not_finite",
	[COUNT_ZINGERS] = "zingers",
	[COUNT_RING_COLUMNS] = "ring_columns",
	[COUNT_CLIPPED] = "clipped",
};

const char *const count_texts[N_COUNTS] = {
	[COUNT_UNUSABLE_FLAT] = "pixels without a usable flat (flat not above dark), replaced",
	[COUNT_NOT_FINITE] = "raw values that were NaN or infinite, replaced",
	[COUNT_ZINGERS] = "zingers replaced",
	[COUNT_RING_COLUMNS] = "detector columns replaced by ring removal",
	[COUNT_CLIPPED] = "transmissions below the floor, raised to it",
};

const struct stage *const stages[] = {
	&stage_zinger, &stage_rings, &stage_phase_ratio, &stage_log, &stage_hardening, NULL};
