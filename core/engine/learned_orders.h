// LearnedOrders: what predictors have learned of fields, kept in a directory from one mount to the next.
//
// Purpose: an epoch that is replayed in its old order profits in the first pass of the next run. One file a field,
// named by a hash of its URL, written as a whole (a new file of a name of its own takes the old one's place).
// What stands there is input like any other: Predictor::restore() takes any bytes. Thread-safety: every method from any thread.
// Ownership: holds the directory's descriptor. Units: bytes.
// Errors: open(): kPermission for a directory that others may write, what the system says otherwise. The
// others never fail a caller: without a file nothing is known, and what cannot be written is logged.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/storage/unique_fd.h"

namespace neurofs {

class LearnedOrders {
 public:
  // The most that is read of a file.
  static constexpr uint64_t kMostBytes = uint64_t{16} << 20;

  // Makes the directory where there is none.
  static Result<std::unique_ptr<LearnedOrders>> open(const std::string& path);

  // "" where nothing was kept.
  std::string load(std::string_view url) const;
  void save(std::string_view url, std::string_view learned) const;

 private:
  LearnedOrders(std::string path, UniqueFd dir) : path_(std::move(path)), dir_(std::move(dir)) {}

  const std::string path_;
  const UniqueFd dir_;
};

}  // namespace neurofs
