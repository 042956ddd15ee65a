// What explain_name says agrees with what a mount finds, and names the rule that is broken.
#include "fs/explain_name.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace neurofs {
namespace {

FieldSpec volume() {
  FieldSpec spec;
  spec.shape = {1000, 50, 7};
  spec.chunk_shape = spec.shape;
  spec.neuron_axes = 2;
  spec.fill.resize(4);
  return spec;
}

std::string kinds(const NameExplanation& explanation) {
  std::string text;
  for (const NamePart& part : explanation.parts) text += (text.empty() ? "" : " ") + part.kind;
  return text;
}

TEST(ExplainName, SaysWhatEachPartIs) {
  const FieldSpec spec = volume();
  constexpr struct {
    std::string_view path, kinds;
  } kPaths[] = {
      {"", ""},
      {"field.npy", "field"},
      {"neurons/12,7.raw", "neurons neuron"},
      {"neurons/49/999,49.npy", "neurons bucket neuron"},
      {"regions/0:100,5.txt", "regions region"},
      {"regions/v1.npy", "regions named region"},
      {".neurofs/field.json", "control control file"},
      {"@relu,f16/neurons/12,7.npy", "lens neurons neuron"},
      {"@relu/@f16//field.npy", "lens lens field"},
      {"@raw,f64/regions", "lens regions"},
      {"@take=x/field.npy", "order field"},
      {"@take=x/@relu/neurons/16777215.npy", "order lens neurons neuron"},
      {"@take=x/neurons/3/3141.npy", "order neurons bucket neuron"},
      {"@take=x/neurons/12/345/12345678.txt", "order neurons bucket bucket neuron"},
      {"@take=x,rank=1,world=2/regions/0:100,5.raw", "order regions region"},
      {"@take=x/.neurofs/field.json", "order control control file"},
  };
  for (const auto& [path, wanted] : kPaths) {
    const NameExplanation told = explain_name(spec, path);
    EXPECT_TRUE(told.ok) << path << to_json(told).dump();
    EXPECT_EQ(kinds(told), wanted);
  }
  const NameExplanation neuron = explain_name(spec, "@scale=0.5,f64/neurons/12,7.npy");
  EXPECT_NE(neuron.parts[2].meaning.find("float64 of shape (7,)"), std::string::npos)
      << neuron.parts[2].meaning;
  ASSERT_EQ(neuron.parts[0].steps.size(), 2u);
  EXPECT_EQ(neuron.parts[0].steps[1].dtype, "float64");
  const NameExplanation taken = explain_name(spec, "@take=x/neurons/7.npy");
  EXPECT_NE(taken.parts[2].meaning.find("row 7 of the selection, where it has so many"),
            std::string::npos)
      << taken.parts[2].meaning;
  EXPECT_NE(explain_name(spec, "@take=x/neurons/3").parts[2].meaning.find("not checked"),
            std::string::npos);
  EXPECT_NE(explain_name(spec, "neurons/49").parts[1].meaning.find("neurons 49000 to 49999"),
            std::string::npos);
}

TEST(ExplainName, SaysWhyANameIsNone) {
  const FieldSpec spec = volume();
  constexpr struct {
    std::string_view path, reason;
  } kPaths[] = {
      {"fields.npy", "lenses, which begin with @"},
      {"field.npz", "lenses, which begin with @"},
      {"neurons/12.npy", "2 numbers"},
      {"neurons/012,7.npy", "zeros in front"},
      {"neurons/12,50.npy", "past the end: the axis has 50"},
      {"neurons/12,x.npy", "not a number"},
      {"neurons/12,.npy", "a number is missing"},
      {"neurons/12,7.np", "none of the extensions .npy, .raw, .txt"},
      {"neurons/3/999,49.npy", "another directory"},
      {"regions/1000.npy", "1000"},
      {"regions/0:3", "none of the extensions"},
      {".neurofs/nothing", "no such control file"},
      {"@rellu/field.npy", "rellu"},
      {"@relu/@raw/field.npy", "must be the first"},
      {"field.npy/more", "is a file"},
      {"@relu/neurons/12,7.npy/x", "is a file"},
      {"@take=x/nonsense", "lenses, which begin with @"},
      {"@take=x/@shuffle=1", "this one is in @take=x"},
      {"@take=x/@rellu", "rellu"},
      {"@take=x/neurons/12,7.npy", "by 1 numbers"},
      {"@take=x/neurons/16777216.npy", "past the end"},
      {"@take=x/neurons/07.npy", "zeros in front"},
      {"@take=x/neurons/3/3141.npz", "none of the extensions"},
      {"@take=x/neurons/3/14", "none of the extensions"},
      {"@take=x/neurons/3/141/592", "none of the extensions"},
      {"@take=x/neurons/7.npy/x", "is a file"},
      {"@take=x/regions/0,0,0.npy", "axes"},
      {"@take=x/regions/v1.npy", "does not keep"},
      {"@take=x/.neurofs/nothing", "no such control file"},
  };
  for (const auto& [path, reason] : kPaths) {
    const NameExplanation told = explain_name(spec, path);
    ASSERT_FALSE(told.ok) << path;
    EXPECT_FALSE(told.parts.back().ok);
    EXPECT_NE(told.parts.back().meaning.find(reason), std::string::npos)
        << path << ": " << told.parts.back().meaning;
  }
}

TEST(ExplainName, TellsStepsUpToTheOneThatIsWrong) {
  const NameExplanation told = explain_name(volume(), "@relu,rellu,f16");
  ASSERT_FALSE(told.ok);
  ASSERT_EQ(told.parts[0].steps.size(), 1u);
  EXPECT_EQ(told.parts[0].steps[0].step, "relu");
}

TEST(ExplainName, HostileNamesAreExplainedToo) {
  const FieldSpec spec = volume();
  for (const std::string& path :
       {std::string(100'000, '/'), std::string(100'000, '@'), std::string("@\xff\xfe/\x01"),
        std::string("neurons/1\0,7.npy", 16), "@" + std::string(60'000, ','),
        "neurons/" + std::string(300, '9') + ",7.npy"}) {
    const NameExplanation told = explain_name(spec, path);
    EXPECT_FALSE(
        to_json(told).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).empty());
  }
}

TEST(ExplainName, AnActivationIsWhereLensesStart) {
  FieldSpec spec = volume();
  spec.attributes["neurofs.activation"] = "relu";
  const NameExplanation told = explain_name(spec, "@f16");
  ASSERT_TRUE(told.ok);
  EXPECT_NE(told.parts[0].meaning.find("relu,f16"), std::string::npos) << told.parts[0].meaning;
  EXPECT_NE(explain_name(spec, "@raw").parts[0].meaning.find("unchanged"), std::string::npos);
}

}  // namespace
}  // namespace neurofs
