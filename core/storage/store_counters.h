// StoreCounters: the counters every store bumps, under the names that all stores share.
//
// Thread-safety: as Counter. Ownership: the Metrics given must outlive this; without one, the
// counters live here and nobody sees them.
#pragma once

#include <memory>

#include "core/base/metrics.h"

namespace neurofs {

class StoreCounters {
  std::unique_ptr<Metrics> own_;  // declared first: the references below may point into it
  Metrics& metrics_;

 public:
  explicit StoreCounters(Metrics* metrics)
      : own_(metrics == nullptr ? std::make_unique<Metrics>() : nullptr),
        metrics_(metrics == nullptr ? *own_ : *metrics) {}

  Counter& read_ops = metrics_.counter("store_read_ops_total", "Reads asked of stores");
  Counter& requested_bytes =
      metrics_.counter("store_requested_bytes_total", "Bytes that reads asked for");
  Counter& read_bytes = metrics_.counter("store_read_bytes_total",
                                         "Bytes that stores transferred, with what alignment adds");
  Counter& errors = metrics_.counter("store_errors_total", "Reads that failed");
  Counter& opens = metrics_.counter("store_open_total", "Objects opened");
};

}  // namespace neurofs
