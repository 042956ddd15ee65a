#include "core/cache/epoch.h"

namespace neurofs {
namespace {

std::atomic<EpochDomain::Record*> records{nullptr};  // a list that only grows

EpochDomain::Record* claim_record() {
  for (auto* r = records.load(std::memory_order_acquire); r != nullptr; r = r->next) {
    bool expected = false;
    if (r->taken.compare_exchange_strong(expected, true, std::memory_order_acq_rel)) return r;
  }
  auto* fresh = new EpochDomain::Record;  // never freed: readers of the list need no protection
  fresh->taken.store(true, std::memory_order_relaxed);
  fresh->next = records.load(std::memory_order_relaxed);
  while (!records.compare_exchange_weak(fresh->next, fresh, std::memory_order_acq_rel)) {
  }
  return fresh;
}

// Gives the record back when its thread ends.
struct Claim {
  EpochDomain::Record* record = claim_record();
  Claim() = default;
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  ~Claim() { record->taken.store(false, std::memory_order_release); }
};

}  // namespace

std::atomic<uint64_t>& EpochDomain::epoch() {
  alignas(64) static std::atomic<uint64_t> current{1};
  return current;
}

EpochDomain::Record& EpochDomain::record_of_this_thread() {
  thread_local const Claim claim;
  return *claim.record;
}

bool EpochDomain::is_safe(uint64_t retired) {
  for (auto* r = records.load(std::memory_order_seq_cst); r != nullptr; r = r->next) {
    const uint64_t active = r->active.load(std::memory_order_seq_cst);
    if (active != 0 && active <= retired) return false;
  }
  return true;
}

}  // namespace neurofs
