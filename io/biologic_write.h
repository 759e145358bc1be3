/* SPDX-License-Identifier: BSD-3-Clause
 * The record of a cycler, as EC-Lab of BioLogic exports it (.mpt) and as CSV.
 *
 * .mpt: text in ISO 8859-1 with CRLF. "EC-Lab ASCII FILE", "Nb header lines : N", the technique, settings
 * (columns of 20 letters, one a sequence), the names of the tab separated columns as line N, then a line a
 * record: mode (1 current, 3 rest), ox/red, error, control changes, Ns changes, counter inc., Ns, time/s,
 * control/V/mA, Ewe/V, <I>/mA, dQ/mA.h, (Q-Qo)/mA.h, half cycle. As read by galvani, ixdat and yadg.
 * <I> is the mean current since the record before, so dQ = <I> dt / 3600 is exact.
 *
 * CSV: time_s,voltage_V,current_mA,charge_mAh; lines end in LF.
 *
 * The same arrays give the same bytes. Written aside and renamed. */
#ifndef IO_BIOLOGIC_WRITE_H
#define IO_BIOLOGIC_WRITE_H

#include "core/arena.h"
#include "core/error.h"

#include <stdint.h>

struct cell_record {
	int64_t n;
	const double *time_s; /* since the start, not falling */
	const double *voltage_v;
	const double *current_ma; /* mean since the record before; oxidation is positive */
	const double *control_ma; /* asked for; a change begins a sequence. NULL: current_ma */
	const char *started;	  /* "MM/DD/YYYY HH:MM:SS"; NULL: 01/12/2026 09:00:00 */
	const char *comments;	  /* one line of ISO 8859-1; NULL: none */
	double area_cm2;	  /* of the electrode; not finite: 0.001, as EC-Lab has it unset */
};

/* ERR_USAGE: no records, times that fall, numbers that are not finite, a date that is none. */
enum err biologic_write_mpt(
	const char *path, const struct cell_record *record, struct arena *arena);
enum err biologic_write_csv(
	const char *path, const struct cell_record *record, struct arena *arena);

#endif
