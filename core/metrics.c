/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/metrics.h"

#include <math.h>

const char *const label_names[N_LABELS] = {
	[LABEL_OUTSIDE] = "outside",
	[LABEL_VOID] = "void",
	[LABEL_NAK] = "nak",
	[LABEL_NASICON] = "nasicon",
	[LABEL_CRACK] = "crack",
	[LABEL_CRACK_NAK] = "crack_nak",
	[LABEL_HARDWARE] = "hardware",
};

#define FIELD(type, name, unit)                                                                    \
	{                                                                                          \
#name, unit, offsetof(struct type##_metrics, name)                                 \
	}

const struct metric_field bubble_fields[] = {
	FIELD(bubble, volume_um3, "um3"),
	FIELD(bubble, equivalent_diameter_um, "um"),
	FIELD(bubble, sphericity, ""),
	{NULL, NULL, 0},
};

const struct metric_field crack_fields[] = {
	FIELD(crack, volume_um3, "um3"),
	FIELD(crack, area_um2, "um2"),
	FIELD(crack, aperture_mean_um, "um"),
	FIELD(crack, aperture_max_um, "um"),
	FIELD(crack, depth_um, "um"),
	FIELD(crack, lateral_extent_um, "um"),
	FIELD(crack, filled_fraction, ""),
	{NULL, NULL, 0},
};

const struct metric_field chip_fields[] = {
	FIELD(chip, volume_um3, "um3"),
	FIELD(chip, depth_um, "um"),
	FIELD(chip, area_um2, "um2"),
	FIELD(chip, severed_fraction, ""),
	{NULL, NULL, 0},
};

const struct metric_field interface_fields[] = {
	FIELD(interface, roughness_um, "um"),
	FIELD(interface, area_um2, "um2"),
	FIELD(interface, contact_fraction, ""),
	{NULL, NULL, 0},
};

struct step_metrics metrics_unknown(void)
{
	const struct quantity unknown = {NAN, NAN};
	struct step_metrics m = {.name = "", .scan = "", .time_s = NAN, .voxel_um = NAN};

	for (int i = 0; i < N_LABELS; i++)
		m.phase_um3[i] = unknown;
	for (const struct metric_field *f = interface_fields; f->name; f++)
		*metric_at(&m.interface, f) = unknown;
	for (int i = 0; i < 3; i++)
		m.interface.plane[i] = NAN;
	return m;
}
