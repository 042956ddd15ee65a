// PushPlan: which files of a walk over numbered files the kernel should be given before they are asked for.
//
// Purpose: a program that reads neuron after neuron costs a request each; a file whose pages the kernel has been
// given costs none, and the daemon then hears nothing of it. So the files of a walk are counted in batches of
// kBatch from where it was noticed: the first of each is never pushed, and its read says how far the walk is.
//
//   a read on the walk, in batch j:    push batch j + kLead
//   before each push:                  is_ahead(): the program was at least a batch behind when it was last heard of
//   a read of a file that was pushed:  the push was for nothing; after kStrikes batches of which half went that
//                                      way (or whose files the kernel did not know), nothing is pushed for a while
//
// Pure: no lock, no clock, no I/O. One walk; interleaved ones look like none. Units: file numbers.
#pragma once

#include <cstdint>
#include <optional>

namespace neurofs {

class PushPlan {
 public:
  static constexpr int64_t kBatch = 16;
  static constexpr int64_t kLead = 3;             // batches
  static constexpr unsigned kConfirmed = 3;       // equal steps make a walk
  static constexpr unsigned kStrikes = 2;         // batches in vain
  static constexpr unsigned kSilentReads = 1024;  // afterwards

  // Files first, first + step, ..., `count` of them, all below `files`.
  struct Batch {
    uint64_t first = 0;
    int64_t step = 0;
    int64_t count = 0;
  };

  // The daemon was asked for file `number` of `files`.
  std::optional<Batch> observe(uint64_t number, uint64_t files);
  // Whether the walk still goes on, and was a batch at least before this file when it was last heard of.
  bool is_ahead(uint64_t number) const;
  // Of a batch, this many the kernel did not know, or could not be given.
  void refused(int64_t count);

 private:
  std::optional<int64_t> place(uint64_t number) const;
  std::optional<Batch> next_batch(int64_t batch, uint64_t files);
  void judge();
  void stop(unsigned silent);

  bool walking_ = false;
  uint64_t last_ = 0;
  int64_t step_ = 0;
  unsigned equal_ = 0;
  uint64_t origin_ = 0;  // of the walk
  int64_t heard_ = 0;    // the last place that the daemon was asked for
  int64_t pushed_ = 0;   // the newest batch that was pushed
  int64_t in_vain_ = 0;  // of the batches pushed since it was judged
  unsigned strikes_ = 0;
  unsigned silent_ = 0;
};

}  // namespace neurofs
