#include "core/engine/foresight.h"

#include <algorithm>

namespace neurofs {

void Foresight::observe(const TouchedBlocks& touched, BlockCache& cache, FieldId id,
                        std::vector<Proposal>* out) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  if (cache.prefetch_wasted() != seen_wasted_) tell_wasted(cache, id);
  const auto [first, last] =
      std::minmax({grid_.to_index(touched.first), grid_.to_index(touched.last)});
  // A dense read is told by its whole extent; a scattered one by where it begins, since a run would be foretold that
  // nobody reads.
  const uint64_t extent = last - first + 1;
  const BlockRun run{first, extent <= 2 * touched.pieces ? extent : 1};
  proposals_.clear();
  predictor_->observe({touched.stream, run, touched.outcome}, &proposals_);
  for (const Proposal& proposal : proposals_) append(proposal, out);
}

void Foresight::tell_wasted(BlockCache& cache, FieldId id) {
  seen_wasted_ = cache.prefetch_wasted();
  wasted_.clear();
  cache.take_wasted(id, &wasted_);
  for (const uint64_t block : wasted_) predictor_->wasted(grid_.to_index(block));
}

void Foresight::append(const Proposal& proposal, std::vector<Proposal>* out) const {
  const BlockRun run = proposal.run;
  if (grid_.in_index_order()) return out->push_back(proposal);
  for (uint64_t i = 0; i < run.count; ++i) {
    const uint64_t block = grid_.from_index(run.first + i);
    if (i > 0 && out->back().run.first + out->back().run.count == block) {
      ++out->back().run.count;
    } else {
      out->push_back({{block, 1}, proposal.group});
    }
  }
}

bool Foresight::wants(uint32_t group) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  return !lock.owns_lock() || predictor_->wants(group);
}

std::string Foresight::save() {
  const std::lock_guard lock(mutex_);
  return predictor_->save();
}

bool Foresight::restore(std::string_view saved) {
  const std::lock_guard lock(mutex_);
  return predictor_->restore(saved);
}

}  // namespace neurofs
