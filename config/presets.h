/* SPDX-License-Identifier: BSD-3-Clause
 * Shipped presets; the table is made from config/presets when the program is built. */
#ifndef CONFIG_PRESETS_H
#define CONFIG_PRESETS_H

struct preset {
	const char *name, *yaml;
};
extern const struct preset presets[]; /* ends with a row whose name is NULL */

#endif
