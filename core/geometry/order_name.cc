#include "core/geometry/order_name.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace neurofs {
namespace {

constexpr size_t kMostSelectionName = 200;
constexpr std::string_view kShuffle = "shuffle";
constexpr std::string_view kTake = "take";
constexpr std::string_view kUsage =
    "; an order is shuffle=SEED[,block=B[,buffer=K]][,rank=R,world=W] or "
    "take=NAME[,rank=R,world=W]";

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

Status no_order(const std::string& why) {
  return not_found(why + std::string(kUsage));
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text.substr(0, 64)) + "\"";
}

struct Term {
  std::string_view key;
  std::string_view value;
};

Term split(std::string_view term) {
  const size_t equals = std::min(term.find('='), term.size());
  return {term.substr(0, equals), term.substr(std::min(equals + 1, term.size()))};
}

// Canonical decimal digits only, so that a number has one spelling.
template <typename T>
Status parse_number(const Term& term, T least, T* value) {
  const char* const begin = term.value.data();
  const char* const end = begin + term.value.size();
  const bool padded = term.value.size() > 1 && term.value[0] == '0';
  const bool digits = std::all_of(term.value.begin(), term.value.end(), is_digit);
  const auto [stop, error] = std::from_chars(begin, end, *value);
  if (error != std::errc() || stop != end || padded || !digits || *value < least) {
    return no_order(quoted(term.value) + " cannot be the " + std::string(term.key) +
                    ": that is a whole number from " + std::to_string(least) + " to " +
                    std::to_string(std::numeric_limits<T>::max()));
  }
  return {};
}

// The keys behind the first.
class Options {
 public:
  explicit Options(OrderName* name) : name_(name) {}

  Status add(const Term& term) {
    const auto known = std::find(kKeys.begin(), kKeys.end(), term.key);
    if (known == kKeys.end()) return no_order("an order has no " + quoted(term.key));
    const auto key = static_cast<size_t>(known - kKeys.begin());
    if (given_[key]) return no_order(quoted(term.key) + " stands there twice");
    given_[key] = true;
    const std::array<Index*, kKeys.size()> values = {&name_->block, &name_->buffer, &name_->rank,
                                                     &name_->world};
    return parse_number<Index>(term, term.key == "rank" ? 0 : 1, values[key]);
  }

  Status check() const {
    const auto& [block, buffer, rank, world] = given_;
    if (block && !name_->selection.empty()) return no_order("block= goes with shuffle=");
    if (buffer && !block) return no_order("buffer= counts blocks, so that it needs block=");
    if (rank != world) return no_order("rank= and world= go together");
    if (name_->rank >= name_->world) {
      return no_order("rank=" + std::to_string(name_->rank) + " is not below world=" +
                      std::to_string(name_->world) + ": ranks count from 0");
    }
    return {};
  }

 private:
  static constexpr std::array<std::string_view, 4> kKeys = {"block", "buffer", "rank", "world"};

  OrderName* name_;
  std::array<bool, kKeys.size()> given_{};
};

Status parse_first(const Term& term, OrderName* name) {
  if (term.key == kShuffle) return parse_number<uint64_t>(term, 0, &name->seed);
  if (term.key != kTake) return no_order(quoted(term.key) + " is no order");
  if (!is_selection_name(term.value)) {
    return no_order(quoted(term.value) +
                    " cannot name a selection: use a letter, then letters, digits, _ - .");
  }
  name->selection = term.value;
  return {};
}

}  // namespace

bool is_order_name(std::string_view text) {
  const std::string_view key = split(text.substr(0, text.find(','))).key;
  return key == kShuffle || key == kTake;
}

bool is_selection_name(std::string_view text) {
  if (text.empty() || text.size() > kMostSelectionName || !is_letter(text[0])) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.'; });
}

Result<OrderName> parse_order_name(std::string_view text) {
  OrderName name;
  Options options(&name);
  for (bool first = true, more = true; more; first = false) {
    const size_t comma = text.find(',');
    more = comma != std::string_view::npos;
    const Term term = split(text.substr(0, comma));
    NF_TRY(first ? parse_first(term, &name) : options.add(term));
    if (more) text.remove_prefix(comma + 1);
  }
  NF_TRY(options.check());
  return name;
}

std::string to_string(const OrderName& name) {
  std::string text =
      name.selection.empty() ? "shuffle=" + std::to_string(name.seed) : "take=" + name.selection;
  if (name.block != 0) text += ",block=" + std::to_string(name.block);
  if (name.block != 0 && name.buffer != OrderName::kDefaultBuffer) {
    text += ",buffer=" + std::to_string(name.buffer);
  }
  if (name.world == 1) return text;
  return text + ",rank=" + std::to_string(name.rank) + ",world=" + std::to_string(name.world);
}

}  // namespace neurofs
