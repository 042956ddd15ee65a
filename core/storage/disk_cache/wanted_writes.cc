#include "core/storage/disk_cache/wanted_writes.h"

namespace neurofs {
namespace {

thread_local int t_wanted = 0;
thread_local uint64_t t_lost = 0;

}  // namespace

WantedWrites::WantedWrites() : lost_before_(t_lost) {
  ++t_wanted;
}

WantedWrites::~WantedWrites() {
  --t_wanted;
}

uint64_t WantedWrites::lost() const {
  return t_lost - lost_before_;
}

bool WantedWrites::on_this_thread() {
  return t_wanted > 0;
}

void WantedWrites::lose(uint64_t entries) {
  t_lost += entries;
}

}  // namespace neurofs
