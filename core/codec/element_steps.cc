#include "core/codec/element_steps.h"

#include <algorithm>
#include <cstring>

namespace neurofs {

namespace {

constexpr size_t kTile = 1024;                 // elements
constexpr size_t kMaxItem = sizeof(uint64_t);  // no number type is larger
using Tile = std::array<std::byte, kTile * kMaxItem>;

Status with_name(const Status& status, const std::string& name) {
  return status.with_context("codec " + name);
}

template <typename Unit>
bool gather(const std::byte* table, const std::bitset<256>& refused, Bytes encoded,
            std::byte* decoded) {
  for (size_t i = 0; i < encoded.size(); ++i) {
    const auto value = std::to_integer<size_t>(encoded[i]);
    std::memcpy(decoded + i * sizeof(Unit), table + value * sizeof(Unit), sizeof(Unit));
  }
  if (refused.none()) return true;
  return std::none_of(encoded.begin(), encoded.end(),
                      [&](std::byte value) { return refused[std::to_integer<size_t>(value)]; });
}

}  // namespace

Status ElementSteps::add(std::string name, std::shared_ptr<const ArrayToArrayCodec> codec,
                         ChunkSpec* spec) {
  const DataType encoded_type = codec->encoded_type();
  if (steps_.empty()) decoded_item_ = item_size(spec->dtype);
  encoded_item_ = item_size(encoded_type);
  ByteVector fill;
  if (codec->encodes_fill() && !spec->fill.empty()) {
    fill.resize(encoded_item_);
    NF_TRY(with_name(codec->encode(spec->fill.data(), fill.data(), 1).with_context("fill value"),
                     name));
  }
  spec->dtype = encoded_type;
  spec->fill = std::move(fill);
  steps_.push_back({std::move(name), std::move(codec)});
  make_table();
  return {};
}

void ElementSteps::make_table() {
  table_ = nullptr;
  if (encoded_item_ != 1) return;
  auto table = std::make_shared<Table>();
  for (size_t value = 0; value < 256; ++value) {
    const auto encoded = static_cast<std::byte>(value);
    std::byte* element = table->elements.data() + value * decoded_item_;
    table->refused[value] = !decode_tile(&encoded, element, 1).ok();
  }
  table_ = std::move(table);
}

bool ElementSteps::look_up(Bytes encoded, MutableBytes decoded) const {
  const std::byte* elements = table_->elements.data();
  switch (decoded_item_) {
    case 1:
      return gather<uint8_t>(elements, table_->refused, encoded, decoded.data());
    case 2:
      return gather<uint16_t>(elements, table_->refused, encoded, decoded.data());
    case 4:
      return gather<uint32_t>(elements, table_->refused, encoded, decoded.data());
    default:
      return gather<uint64_t>(elements, table_->refused, encoded, decoded.data());
  }
}

// The results of the steps take turns in two tiles; the last one lies in the caller's buffer.
Status ElementSteps::decode_tile(const std::byte* encoded, std::byte* decoded, size_t count) const {
  Tile tiles[2];
  for (size_t i = steps_.size(); i-- > 0;) {
    std::byte* to = i == 0 ? decoded : tiles[i % 2].data();
    NF_TRY(with_name(steps_[i].codec->decode(encoded, to, count), steps_[i].name));
    encoded = to;
  }
  return {};
}

Status ElementSteps::encode_tile(const std::byte* decoded, std::byte* encoded, size_t count) const {
  Tile tiles[2];
  for (size_t i = 0; i < steps_.size(); ++i) {
    std::byte* to = i + 1 == steps_.size() ? encoded : tiles[i % 2].data();
    NF_TRY(with_name(steps_[i].codec->encode(decoded, to, count), steps_[i].name));
    decoded = to;
  }
  return {};
}

Status ElementSteps::decode(Bytes encoded, MutableBytes decoded) const {
  if (table_ && look_up(encoded, decoded)) return {};
  const size_t count = encoded.size() / encoded_item_;
  for (size_t i = 0; i < count; i += kTile) {
    const Status status =
        decode_tile(encoded.data() + i * encoded_item_, decoded.data() + i * decoded_item_,
                    std::min(kTile, count - i));
    if (!status.ok()) return corrupt(status.message());
  }
  return {};
}

Result<ByteVector> ElementSteps::encode(Bytes decoded) const {
  const size_t count = decoded.size() / decoded_item_;
  ByteVector encoded(count * encoded_item_);
  for (size_t i = 0; i < count; i += kTile) {
    NF_TRY(encode_tile(decoded.data() + i * decoded_item_, encoded.data() + i * encoded_item_,
                       std::min(kTile, count - i)));
  }
  return encoded;
}

}  // namespace neurofs
