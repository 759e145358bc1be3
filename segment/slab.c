/* SPDX-License-Identifier: BSD-3-Clause
 * Slabs of a volume; see segment/slab.h. */
#include "segment/slab.h"

struct slab slab_whole(int64_t nz, int64_t ny, int64_t nx)
{
	return (struct slab){nz, ny, nx, 0, nz, 0, nz};
}

struct slab slab_cut(struct slab volume, int64_t z0, int64_t z1, int64_t halo)
{
	volume.z0 = z0;
	volume.z1 = z1;
	volume.p0 = z0 > halo ? z0 - halo : 0;
	volume.p1 = z1 + halo < volume.nz ? z1 + halo : volume.nz;
	return volume;
}

enum err slab_check(const struct slab *s, int64_t halo, const char *what)
{
	struct slab need = slab_cut(*s, s->z0, s->z1, halo);

	if (s->nz < 1 || s->ny < 1 || s->nx < 1 || s->z0 < 0 || s->z1 <= s->z0 || s->z1 > s->nz)
		return fail(ERR_USAGE,
			"%s: planes %lld to %lld of a volume of %lld x %lld x %lld voxels, but a "
			"slab needs a plane at least, inside the volume",
			what, (long long)s->z0, (long long)s->z1, (long long)s->nz,
			(long long)s->ny, (long long)s->nx);
	if (s->p0 < 0 || s->p1 > s->nz || s->p0 > need.p0 || s->p1 < need.p1)
		return fail(ERR_USAGE,
			"%s: planes %lld to %lld were given, but planes %lld to %lld are needed",
			what, (long long)s->p0, (long long)s->p1, (long long)need.p0,
			(long long)need.p1);
	return OK;
}
