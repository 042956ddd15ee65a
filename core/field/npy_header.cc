#include "core/field/npy_header.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/checked.h"
#include "core/field/spec_checks.h"

namespace neurofs {

namespace {

using nlohmann::json;

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kVersionAt = 6;
constexpr size_t kLengthAt = 8;

// A cursor over the dictionary's text; every reader skips blanks first.
class Literal {
 public:
  Literal(std::string_view text, size_t base) : text_(text), base_(base) {}

  bool accept(char c) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Status expect(char c) {
    if (accept(c)) return {};
    return error(std::string("'") + c + "' is missing");
  }

  Result<std::string_view> quoted() {
    skip_blanks();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') return error("a quoted text is missing");
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) return error("a quote is not closed");
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return inside;
  }

  Result<bool> boolean() {
    skip_blanks();
    for (const std::string_view word : {"True", "False"}) {
      if (text_.substr(at_, word.size()) != word) continue;
      at_ += word.size();
      return word == "True";
    }
    return error("True or False is missing");
  }

  Result<Index> integer() {
    skip_blanks();
    Index value = 0;
    const char* begin = text_.data() + at_;
    const auto [end, code] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (code == std::errc::result_out_of_range) return overflow("an axis passes 2^63 - 1");
    if (code != std::errc() || value < 0) return error("an axis is no whole number from 0");
    at_ += static_cast<size_t>(end - begin);
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // written by Python 2
    return value;
  }

  bool at_bracket() {
    skip_blanks();
    return at_ < text_.size() && (text_[at_] == '[' || text_[at_] == '(');
  }

  bool at_end() {
    skip_blanks();
    return at_ == text_.size();
  }

  Status error(const std::string& why) const {
    return corrupt("byte " + std::to_string(base_ + at_) + " of the .npy header: " + why);
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && std::strchr(" \t\r\n", text_[at_]) && text_[at_] != '\0') ++at_;
  }

  std::string_view text_;
  size_t base_;
  size_t at_ = 0;
};

Result<Dims> read_tuple(Literal* literal) {
  NF_TRY(literal->expect('('));
  Dims dims;
  while (!literal->accept(')')) {
    NF_ASSIGN(const Index n, literal->integer());
    if (dims.size() == kMaxRank) return unsupported("the shape has more than 32 axes");
    dims.push_back(n);
    if (literal->accept(',')) continue;
    NF_TRY(literal->expect(')'));
    break;
  }
  return dims;
}

struct Header {
  std::optional<std::string_view> descr;
  std::optional<bool> fortran;
  std::optional<Dims> shape;
};

Status read_member(Literal* literal, Header* header) {
  NF_ASSIGN(const std::string_view name, literal->quoted());
  NF_TRY(literal->expect(':'));
  if (name == "descr" && !header->descr) {
    if (literal->at_bracket()) {
      return unsupported("the .npy file holds structures, which have no numeric element");
    }
    NF_ASSIGN(header->descr, literal->quoted());
  } else if (name == "fortran_order" && !header->fortran) {
    NF_ASSIGN(header->fortran, literal->boolean());
  } else if (name == "shape" && !header->shape) {
    NF_ASSIGN(header->shape, read_tuple(literal));
  } else {
    return literal->error("a member is unknown or appears twice");
  }
  return {};
}

Result<Header> read_dictionary(Literal* literal) {
  Header header;
  NF_TRY(literal->expect('{'));
  while (!literal->accept('}')) {
    NF_TRY(read_member(literal, &header));
    if (literal->accept(',')) continue;
    NF_TRY(literal->expect('}'));
    break;
  }
  if (!literal->at_end()) return literal->error("something follows the dictionary");
  if (!header.descr || !header.fortran || !header.shape) {
    return literal->error("descr, fortran_order or shape is missing");
  }
  return header;
}

size_t byte_at(Bytes head, size_t at) {
  return std::to_integer<size_t>(head[at]);
}

// The length field's width: 2 bytes in version 1, 4 since version 2.
size_t length_width(Bytes head) {
  return byte_at(head, kVersionAt) == 1 ? 2 : 4;
}

json single_object_codecs(size_t rank, TypeString type, bool fortran) {
  json codecs = json::array();
  if (fortran && rank > 1) {
    json axes = json::array();
    for (size_t axis = rank; axis-- > 0;) axes.push_back(axis);
    codecs.push_back({{"name", "transpose"}, {"configuration", {{"order", std::move(axes)}}}});
  }
  const char* endian = type.big_endian ? "big" : "little";
  codecs.push_back({{"name", "bytes"}, {"configuration", {{"endian", endian}}}});
  return codecs;
}

}  // namespace

bool has_npy_magic(Bytes head) {
  return head.size() >= kMagic.size() &&
         std::memcmp(head.data(), kMagic.data(), kMagic.size()) == 0;
}

Result<size_t> npy_data_offset(Bytes head) {
  if (!has_npy_magic(head)) return corrupt("byte 0: not the magic of a .npy file");
  if (head.size() < kNpyPreambleBytes) return corrupt("the .npy file ends within its header");
  const size_t version = byte_at(head, kVersionAt);
  if (version < 1 || version > 3) {
    return unsupported(".npy version " + std::to_string(version) + "; 1 to 3 are known");
  }
  size_t length = 0;
  const size_t width = length_width(head);
  for (size_t i = width; i-- > 0;) length = length << 8 | byte_at(head, kLengthAt + i);
  if (length > kMaxNpyHeaderBytes) {
    return unsupported("the .npy header says it has " + std::to_string(length) +
                       " bytes; at most 65536 are read");
  }
  return kLengthAt + width + length;
}

Result<FieldSpec> parse_npy_header(Bytes head) {
  NF_ASSIGN(const size_t offset, npy_data_offset(head));
  if (head.size() < offset) return corrupt("the .npy file ends within its header");
  const size_t begin = kLengthAt + length_width(head);
  Literal literal({reinterpret_cast<const char*>(head.data()) + begin, offset - begin}, begin);
  NF_ASSIGN(const Header header, read_dictionary(&literal));
  NF_ASSIGN(const TypeString type, parse_typestr(*header.descr));
  NF_ASSIGN(FieldSpec spec,
            single_object_spec(*header.shape, type, *header.fortran, offset, json::object()));
  spec.format = "npy";
  return spec;
}

Result<FieldSpec> single_object_spec(const Dims& shape, TypeString type, bool fortran,
                                     uint64_t offset, json attributes) {
  FieldSpec spec;
  spec.shape = shape;
  spec.dtype = type.type;
  spec.fill = ByteVector(item_size(type.type));
  for (const Index n : shape) spec.chunk_shape.push_back(std::max<Index>(n, 1));
  spec.key_encoding.kind = KeyEncoding::Kind::kSingleObject;
  spec.object_offset = offset;
  spec.attributes = std::move(attributes);
  spec.codecs_json = single_object_codecs(shape.size(), type, fortran);
  NF_TRY(finish_spec(&spec));
  NF_TRY(set_codecs(spec.codecs_json, &spec));
  uint64_t end = 0;
  if (!checked_add(offset, spec.size(), &end)) return overflow("the elements end past 2^64 bytes");
  return spec;
}

}  // namespace neurofs
