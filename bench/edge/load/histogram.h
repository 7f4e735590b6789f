/* Latencies in buckets of less than 1 % width, so that a quantile needs no list of all of them. */

#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

#define STEPS_PER_DOUBLING 128
#define DOUBLINGS 44

struct histogram {
  uint64_t counts[DOUBLINGS * STEPS_PER_DOUBLING];
  uint64_t total;
  uint64_t largest;
};

/* Below two doublings each value has its own bucket; above, the first eight bits decide. */
static inline unsigned bucket_of(uint64_t value) {
  if (value < 2 * STEPS_PER_DOUBLING) return (unsigned)value;
  unsigned shift = 63 - (unsigned)__builtin_clzll(value) - 7;
  unsigned bucket = shift * STEPS_PER_DOUBLING + (unsigned)(value >> shift);
  unsigned last = DOUBLINGS * STEPS_PER_DOUBLING - 1;
  return bucket < last ? bucket : last;
}

static inline uint64_t middle_of(unsigned bucket) {
  if (bucket < 2 * STEPS_PER_DOUBLING) return bucket;
  unsigned shift = bucket / STEPS_PER_DOUBLING - 1;
  uint64_t first = (uint64_t)(bucket - shift * STEPS_PER_DOUBLING) << shift;
  return first + ((1ull << shift) >> 1);
}

static inline void add_value(struct histogram *histogram, uint64_t value) {
  histogram->counts[bucket_of(value)] += 1;
  histogram->total += 1;
  if (value > histogram->largest) histogram->largest = value;
}

static inline uint64_t quantile(const struct histogram *histogram, double share) {
  uint64_t wanted = (uint64_t)((double)histogram->total * share);
  uint64_t seen = 0;
  for (unsigned bucket = 0; bucket < DOUBLINGS * STEPS_PER_DOUBLING; bucket += 1) {
    seen += histogram->counts[bucket];
    if (seen > wanted) {
      uint64_t value = middle_of(bucket);
      return value < histogram->largest ? value : histogram->largest;
    }
  }
  return histogram->largest;
}

#endif
