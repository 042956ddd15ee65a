#include "core/base/crc32c.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace neurofs {
namespace {

// RFC 3720, appendix B.4.
TEST(Crc32c, TestVectors) {
  EXPECT_EQ(crc32c({}), 0u);
  EXPECT_EQ(crc32c(ByteVector(32)), 0x8A9136AAu);
  EXPECT_EQ(crc32c(ByteVector(32, std::byte{0xFF})), 0x62A8AB43u);
  const std::string digits = "123456789";
  EXPECT_EQ(crc32c(std::as_bytes(std::span(digits))), 0xE3069283u);
}

TEST(Crc32c, SeedContinues) {
  std::mt19937_64 random(1);
  ByteVector data(10007);
  for (std::byte& b : data) b = static_cast<std::byte>(random());
  const Bytes all = data;
  for (const size_t cut : {0, 1, 7, 4096, 10007}) {
    EXPECT_EQ(crc32c(all.subspan(cut), crc32c(all.first(cut))), crc32c(all));
  }
}

}  // namespace
}  // namespace neurofs
