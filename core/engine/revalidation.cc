#include "core/engine/revalidation.h"

#include <algorithm>

#include "core/base/cancellation.h"

namespace neurofs {
namespace {

constexpr size_t kRemoteMinute = 600;
constexpr size_t kRemoteAtOnce = 16;

}  // namespace

RevalidationBounds revalidation_bounds(const ObjectStore& store) {
  if (store.has_local_objects()) return {};
  return {.a_look = kRemoteMinute, .a_minute = kRemoteMinute, .at_once = kRemoteAtOnce};
}

size_t Revalidation::allowance(Clock::time_point now) {
  if (bounds_.a_minute == 0) return bounds_.a_look;
  const auto minute = static_cast<double>(bounds_.a_minute);
  const std::chrono::duration<double, std::ratio<60>> passed = now - at_;
  spent_ = std::max(0.0, spent_ - passed.count() * minute);
  at_ = now;
  return std::min(bounds_.a_look, static_cast<size_t>(minute - spent_));
}

// Fields with few objects leave their share to those that follow.
std::vector<Revalidation::Question> Revalidation::choose(std::span<Field* const> fields,
                                                         size_t most) {
  std::vector<Question> questions;
  for (size_t asked = 0; asked < fields.size() && questions.size() < most; ++asked, ++turn_) {
    Field& field = *fields[turn_ % fields.size()];
    const size_t share = (most - questions.size()) / (fields.size() - asked);
    for (std::string& key : field.objects_to_check(std::max<size_t>(share, 1))) {
      questions.push_back({&field, std::move(key)});
    }
  }
  return questions;
}

size_t Revalidation::look(ObjectStore& store, std::span<Field* const> fields,
                          Clock::time_point now) {
  const std::vector<Question> questions = choose(fields, allowance(now));
  const ReadScope scope(nullptr, Clock::now() + bounds_.time);
  size_t asked = 0;
  bool answered = true;
  while (answered && asked < questions.size()) {
    const auto some =
        std::span(questions).subspan(asked, std::min(bounds_.at_once, questions.size() - asked));
    std::vector<StatOp> ops(some.size());
    for (size_t i = 0; i < some.size(); ++i) ops[i].key = some[i].key;
    store.stat_all(ops);
    asked += some.size();
    for (size_t i = 0; i < some.size(); ++i) {
      if (ops[i].info.ok()) {
        some[i].field->check_object(some[i].key, *ops[i].info);
      } else {
        answered = answered && ops[i].info.status().code() != Code::kTimeout;
      }
    }
  }
  spent_ += static_cast<double>(asked);
  return asked;
}

}  // namespace neurofs
