// The grammar of names inside a field's directory: text to what is named, and back.
//
// Purpose: pure functions, total over any bytes (RELIABILITY S1): a name that is not one of ours is
// "no such name", never a crash, and only canonical spellings exist ("7", not "07" or "+7"), so
// that one file has one direct name. Thread-safe, no I/O; parsing allocates nothing.
//
//   field.npy            the whole field in a view
//   42.npy  12,7.npy     in neurons/: one number per neuron axis
//   42/000/000           in neurons/: buckets, see BucketTree
//   0:100,5,::2.npy      in regions/: a region (core/geometry/region.h)
//   v1.npy               in regions/: a named region
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/geometry/shape.h"

namespace neurofs {

inline constexpr size_t kMaxName = 255;

// "stem.ext" where ext belongs to a registered view.
struct FileName {
  std::string_view stem;
  int view = -1;
};
std::optional<FileName> parse_file_name(std::string_view name);

// Canonical decimal digits, below `limit`.
std::optional<Index> parse_number(std::string_view text, Index limit);

// "12,7" in a field with neuron axes of shape (100, 50) is neuron 607.
std::optional<Index> parse_neuron(std::string_view stem, const Dims& neuron_shape);
std::string format_neuron(Index neuron, const Dims& neuron_shape);

// Whether the text can be the name of a named region: a letter or underscore, then letters, digits,
// '_', '-' and '.'. No region begins with a letter, so the two never meet.
bool is_region_alias(std::string_view text);

// The directories below neurons/ by which people browse: three digits of the neuron's number a
// level, so that no directory has more than 1000 entries.
//
// A bucket is (depth, number). Depth 0 is neurons/ itself; buckets of depth levels() hold neurons,
// others hold buckets of the next depth. The children of (d, n) are numbered n * 1000 and on. A
// neuron 42000000000 of 86e9 is in 42/000/000/: depth 3, number 42000000.
class BucketTree {
 public:
  static constexpr Index kFanOut = 1000;

  struct Children {
    Index first = 0;
    Index end = 0;
  };

  explicit BucketTree(Index neurons);

  int levels() const { return levels_; }
  // Buckets at a depth of 1 to levels(); neurons at levels() + 1.
  Index count_at(int depth) const;
  // Precondition: the bucket exists.
  Children children(int depth, Index number) const;
  // The bucket of depth + 1 with that name inside (depth, number), if there is one.
  std::optional<Index> find_child(int depth, Index number, std::string_view name) const;
  // The last path component: "42" at depth 1, "007" below.
  std::string name(int depth, Index number) const;

 private:
  Index neurons_;
  int levels_ = 0;
};

}  // namespace neurofs
