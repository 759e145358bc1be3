/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/metrics.h"

const char *const label_names[N_LABELS] = {
	[LABEL_OUTSIDE] = "outside",
	[LABEL_VOID] = "void",
	[LABEL_NAK] = "nak",
	[LABEL_NASICON] = "nasicon",
	[LABEL_CRACK] = "crack",
	[LABEL_CRACK_NAK] = "crack_nak",
	[LABEL_HARDWARE] = "hardware",
};
