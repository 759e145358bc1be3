/* SPDX-License-Identifier: BSD-3-Clause
 * Closed pores of the ceramic: balls that touch neither each other nor the interface, the fracture surface
 * or the rim. Centres are a Poisson process thinned to a hard core (Matern's second kind: of two that
 * would overlap the one with the lower mark goes; Stoyan, Kendall, Mecke 1995, Stochastic Geometry), so
 * that every place can be drawn by itself, and the porosity that is left is known in closed form. */
#ifndef TRUTH_PORES_H
#define TRUTH_PORES_H

#include "core/arena.h"
#include "truth/columns.h"
#include "truth/grid.h"

enum { PORE_CLASSES = 12, PLACES_ROW = 8, PLACES_COL = 64 };

struct pore {
	float x, y, z; /* lab frame, px; z in fine rows of the detector */
	int32_t class;
};

/* Pores of a cube of the cell's frame. */
struct pore_block {
	int64_t first, n;
	float row_min, row_max; /* fine rows that they touch */
};

struct pores {
	double radius[PORE_CLASSES]; /* px */
	struct pore *pore;
	struct pore_block *block;
	int64_t n, n_blocks;
};

/* ERR_USAGE: a porosity that pores of such sizes cannot reach. */
enum err pores_check(const struct cell *c);

/* Those that the detector can see, moved with the cell and the chip. ERR_USAGE as above. The columns' state must have begun (cell_columns_new). */
enum err pores_new(struct pores **pores, const struct cell_columns *columns,
	const struct grid *grid, double reach, struct arena *arena);

/* Shadows of the classes, mean over each fine sample, in px of gas: rows x cols each, `cols` a multiple of
 * 8; the ball's middle is in row rows/2 - 1/2 + place, column `before` + place. */
struct pore_stamps {
	int32_t rows[PORE_CLASSES], cols[PORE_CLASSES], before[PORE_CLASSES];
	float *stamp[PORE_CLASSES]; /* [PLACES_ROW][PLACES_COL][rows][cols] */
};
enum err pores_stamps(struct pore_stamps *stamps, const struct pores *pores,
	const struct grid *grid, struct arena *arena);

/* Takes their shadows off a strip's SHADE_NASICON. */
void pores_cast(const struct pores *p, const struct pore_stamps *stamps, const struct grid *grid,
	double angle, double sink, const struct strip *strip);

#endif
