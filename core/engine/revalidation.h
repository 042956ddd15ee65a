// Revalidation: looks whether the objects that were read lately have changed.
//
// Purpose: what is cached is not loaded again, so that nobody would see that its object has been replaced.
//   look(fields):  names of objects, a fair share from each field, as many as the bounds allow
//     ask the store for some of them together; tell the fields what it says
//     the store does not answer, or the time is over: the rest have their turn the next time
// Where each question is a request over a network, the bounds keep them few: `a_minute` over any minute, and
// `at_once` beside the requests of readers. Thread-safety: one thread at a time. Ownership: borrows the fields
// and their stores for the call. Errors: none; a read of what cannot be described says why.
#pragma once

#include <chrono>
#include <span>

#include "core/engine/field.h"

namespace neurofs {

struct RevalidationBounds {
  size_t a_look = 4096;  // objects
  size_t a_minute = 0;   // of remote stores; 0: no bound
  size_t at_once = 64;
  std::chrono::milliseconds time{10'000};  // that a look waits for the store
};

// What suits the store: questions to local files cost microseconds, those to others a request each.
RevalidationBounds revalidation_bounds(const ObjectStore& store);

class Revalidation {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Revalidation(const RevalidationBounds& bounds) : bounds_(bounds) {}

  // `fields` are all of one store. Returns how many objects the store was asked for.
  size_t look(ObjectStore& store, std::span<Field* const> fields, Clock::time_point now);

 private:
  struct Question {
    Field* field;
    std::string key;
  };
  size_t allowance(Clock::time_point now);
  std::vector<Question> choose(std::span<Field* const> fields, size_t most);

  const RevalidationBounds bounds_;
  size_t turn_ = 0;       // of the fields
  double spent_ = 0;      // of `a_minute`; falls by as much every minute
  Clock::time_point at_;  // when it was so
};

}  // namespace neurofs
